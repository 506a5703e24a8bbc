"""futures_env"""
