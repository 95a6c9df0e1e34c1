"""The devnet in containers: full nodes, miners and validators as docker-compose.yml describes them.

``composefile`` reads that file, ``engine`` makes images, networks, volumes and containers of it and removes them
again, ``network`` is the devnet on top, ``provision`` what the compose file's own service runs. The package
`docker` is imported by ``engine`` alone, and only there.
"""
