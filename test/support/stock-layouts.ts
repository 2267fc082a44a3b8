/** What differs between machines: where everything lies, on which port the stock site listens, and the module to load. */
export type StockPlaces = {
  readonly root: string
  readonly port: number
  /** The dynamic stream module, for an nginx that has it as one. */
  readonly streamModule: string | null
}

export type StockLayout = 'debian' | 'nginx.org' | 'amazon-linux'

/** The files of /etc/nginx, by their paths under the root, with the directives that each package ships. */
export function stockFiles(layout: StockLayout, places: StockPlaces): Readonly<Record<string, string>> {
  const files = { debian, 'nginx.org': nginxOrg, 'amazon-linux': amazonLinux }[layout](places)
  return { ...files, 'etc/nginx/mime.types': 'types {\n    text/html html;\n}\n' }
}

/** Modules and web sites are links into folders of everything that is available; the stock site is the default server. */
function debian({ root, port, streamModule }: StockPlaces): Record<string, string> {
  const etc = `${root}/etc/nginx`
  return {
    'etc/nginx/nginx.conf': `user daemon;
worker_processes auto;
pid ${root}/run/nginx.pid;
error_log ${root}/var/log/nginx/error.log;
include ${etc}/modules-enabled/*.conf;

events {
\tworker_connections 768;
\t# multi_accept on;
}

http {

\t##
\t# Basic Settings
\t##

\tsendfile on;
\ttcp_nopush on;
\ttypes_hash_max_size 2048;
\t# server_names_hash_bucket_size 64;
\tinclude ${etc}/mime.types;
\tdefault_type application/octet-stream;
\tssl_protocols TLSv1.2 TLSv1.3;
\tssl_prefer_server_ciphers on;
\taccess_log ${root}/var/log/nginx/access.log;
\tgzip on;

\tinclude ${etc}/conf.d/*.conf;
\tinclude ${etc}/sites-enabled/*;
}


#mail {
#\tserver {
#\t\tlisten     localhost:110;
#\t}
#}
`,
    'etc/nginx/sites-enabled/default': `server {
\tlisten ${port} default_server;
\tlisten [::]:${port} default_server;
\troot ${root}/var/www/html;
\tindex index.html;
\tserver_name _;
\tlocation / {
\t\ttry_files $uri $uri/ =404;
\t}
}
`,
    ...(streamModule === null
      ? {}
      : { 'etc/nginx/modules-enabled/50-mod-stream.conf': `load_module ${streamModule};\n` }),
  }
}

/** One folder of sites, in which the stock one comes first because no other is there. Its stream module is built in. */
function nginxOrg({ root, port, streamModule }: StockPlaces): Record<string, string> {
  const etc = `${root}/etc/nginx`
  const load = streamModule === null ? '' : `load_module ${streamModule};\n`
  return {
    'etc/nginx/nginx.conf': `${load}
user  daemon;
worker_processes  auto;

error_log  ${root}/var/log/nginx/error.log notice;
pid        ${root}/run/nginx.pid;


events {
    worker_connections  1024;
}


http {
    include       ${etc}/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  ${root}/var/log/nginx/access.log  main;

    sendfile        on;
    #tcp_nopush     on;

    keepalive_timeout  65;

    #gzip  on;

    include ${etc}/conf.d/*.conf;
}
`,
    'etc/nginx/conf.d/default.conf': `server {
    listen       ${port};
    server_name  localhost;

    location / {
        root   ${root}/usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   ${root}/usr/share/nginx/html;
    }
}
`,
  }
}

/** The stock site stands in nginx.conf itself, after the folder of the operator's; modules come from a folder of the packages. */
function amazonLinux({ root, port, streamModule }: StockPlaces): Record<string, string> {
  const etc = `${root}/etc/nginx`
  return {
    'etc/nginx/nginx.conf': `user daemon;
worker_processes auto;
error_log ${root}/var/log/nginx/error.log notice;
pid ${root}/run/nginx.pid;

include ${root}/usr/share/nginx/modules/*.conf;

events {
    worker_connections 1024;
}

http {
    log_format  main  '$remote_addr "$request" $status';

    access_log  ${root}/var/log/nginx/access.log  main;

    sendfile            on;
    types_hash_max_size 4096;

    include             ${etc}/mime.types;
    default_type        application/octet-stream;

    include ${etc}/conf.d/*.conf;

    server {
        listen       ${port};
        listen       [::]:${port};
        server_name  _;
        root         ${root}/usr/share/nginx/html;

        include ${etc}/default.d/*.conf;
    }
}
`,
    ...(streamModule === null
      ? {}
      : { 'usr/share/nginx/modules/mod-stream.conf': `load_module "${streamModule}";\n` }),
  }
}
