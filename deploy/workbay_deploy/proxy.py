"""nginx: one URL for Odoo, run as an ordinary user."""

from pathlib import Path

from workbay_deploy.chain import Chain

CONF = """\
daemon off;
worker_processes 1;
pid {run}/nginx.pid;
error_log stderr warn;

events {{
    worker_connections 1024;
}}

http {{
    include /etc/nginx/mime.types;
    access_log off;
    sendfile on;
    tcp_nodelay on;
    gzip on;
    gzip_types text/css application/json application/javascript image/svg+xml;
    client_body_temp_path {tmp}/nginx-body;
    proxy_temp_path {tmp}/nginx-proxy;
    fastcgi_temp_path {tmp}/nginx-fastcgi;
    uwsgi_temp_path {tmp}/nginx-uwsgi;
    scgi_temp_path {tmp}/nginx-scgi;

    client_max_body_size 512m;
    proxy_read_timeout 720s;
    proxy_connect_timeout 30s;
    proxy_send_timeout 720s;
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;

    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' close;
    }}

    upstream workers {{
        server 127.0.0.1:{odoo};
    }}
    upstream gevent {{
        server 127.0.0.1:{gevent};
    }}

    server {{
        listen {bind}:{http};
        server_name _;

        location /websocket {{
            proxy_pass http://gevent;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}
        location /workshop/media/ {{
            # Streamed through, not kept here first.
            proxy_request_buffering off;
            proxy_pass http://workers;
        }}
        location / {{
            proxy_pass http://workers;
            proxy_redirect off;
        }}
    }}
}}
"""


def conf_file(chain: Chain) -> Path:
    return chain.paths.etc / "nginx.conf"


def configure(chain: Chain) -> None:
    bind = f"[{chain.bind}]" if ":" in chain.bind else chain.bind
    conf_file(chain).write_text(
        CONF.format(
            run=chain.paths.run,
            tmp=chain.paths.tmp,
            bind=bind,
            http=chain.ports.http,
            odoo=chain.ports.odoo,
            gevent=chain.ports.gevent,
        ),
        encoding="utf-8",
    )
