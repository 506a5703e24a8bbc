"""ppo_agent"""
