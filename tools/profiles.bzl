"""The shipped profiles, each with the role that its subjects play: what `lastack help audit` knows (//tools/cli:profiles_test)."""

PROFILES = {
    "driver": "library",
    "echo-server": "server",
    "http-client": "client",
    "http-server": "server",
    "line-client": "client",
    "line-server": "server",
    "memcached": "server",
    "redis-server": "server",
    "sink": "server",
    "source": "server",
}
