"""eval_tools"""
