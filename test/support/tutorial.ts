/** The template of the well-known tutorial: an upstream of all instances of `nginx`, and a server that passes on to it. */
export const tutorial = (port: number) => `upstream tutorial {
{{#service "nginx"}}
    server {{Address}}:{{Port}};
{{/service}}
}
server {
    listen 127.0.0.1:${port};
    location / {
        proxy_pass http://tutorial;
        proxy_connect_timeout 1s;
    }
}
`
