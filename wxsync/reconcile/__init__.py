"""How the promises are kept: looking at WeChat, sending in rounds, settling what is unconfirmed."""
