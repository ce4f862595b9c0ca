"""Talks to WeChat: the only room with a socket."""
