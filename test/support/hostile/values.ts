/** Values that an attacker or an accident may put into the catalog, by what they try. */
export const hostileTexts: Readonly<Record<string, readonly string[]>> = {
  'control characters': [
    ...['\0', 'a\0b', '\x01', '\x07', '\b', '\t', 'a\tb', '\n', 'a\nb', '\r', 'a\r\nb', '\v', '\f'],
    ...['\x1b[2J', '\x1b]0;owned\x07', '\x7f', '\x80', '\x85', '\x9f', 'web\n', '\nweb'],
    ...['web.test\0.evil.test', ' ', '  web'],
  ],
  'nginx syntax': [
    ...[';', '{', '}', '{}', '};', '#', 'a#b', '# comment', 'a;b', 'a; b', 'a}', '}{', 'a {', '\\', '\\;'],
    ...['\\\\', 'a; } server { listen 80; } #', 'x\nreturn 200;', 'x; return 200 owned;'],
    ...['x } location /evil { return 200'],
    ...['web.test; server_name evil.test', 'web.test evil.test', 'web.test;}server{server_name evil.test'],
    ...['include /etc/passwd;', 'load_module /tmp/x.so;', '80 default_server', '80; listen 81'],
    ...['default_server', '_', '/ { root /; autoindex on; } location /x', '= /', '~ ^/', '~* \\.php$'],
    ...['^~ /', '@named', '"~^(?<x>.*)$"', '10.0.0.1:80; server 10.9.9.9', '10.0.0.1 weight=100'],
    ...['10.0.0.1 backup', '10.0.0.1 resolve', 'off', 'on', 'least_conn; server 1.2.3.4'],
    ...['keepalive 1; zone y 1m', 'zone x 64k', 'quayside_empty_x', 'quayside_web_0123456789'],
    ...['proxy_pass http://evil.test', 'http://evil.test', 'https://$host', 'map $a $b { default 1; }'],
    ...['hash_uri;'],
  ],
  quotes: [
    ...['"', "'", '""', "''", '"a', "a'", '"a"', "'a'", '"a";', '\\"', "\\'", '"\n"', '`', '``', '“a”'],
    ...['‘a’', '"a"b'],
    ...['"; return 200; "', "'; return 200; '", '"} server {"'],
  ],
  variables: [
    ...['$', '$$', '$host', '$http_host', '$document_root', '$request_uri', '$uri', '$\x7bhost}', '${', '$}'],
    ...['$1'],
    ...['$quayside_empty_x', '$arg_x', '$cookie_session', 'a$b', '$(id)', '%24host', '$ssl_client_raw_cert'],
  ],
  unicode: [
    ...['\u0435vil.test', 'w\u0435b.test', 'web\u3002test', 'web\uff0etest', '\uff1b', '\uff5b\uff5d'],
    ...['\u037e', '\u2028', '\u2029', 'a\u2028b', '\u202eevil', '\u202d', '\u2066x\u2069', '\u200b'],
    ...['we\u200bb', '\u200d', '\ufeff', '\ufeffweb', '\u00ad', '\u0000\u0300', 'e\u0301', '\u00e9', 'İ'],
    ...['ı', 'ß', 'ſ', '\u212a', 'ﬀ', '٣', '１２３', '\u00a0', '\u3000', '\ud800', '\udfff', 'a\ud800b'],
    ...['\ufffd', '\ufffe', '\u{1f4a9}', '\u{e0041}', '\u{10ffff}', '\u00c0\u00af', '\u00c0\u0080'],
    ...['..\u00c0\u00af', '\u2024\u2024/', '\u2215etc', '\uff0fetc', 'xn--', 'xn--80ak6aa92e.com', 'xn--a'],
    ...['测试.test'],
  ],
  'host names': [
    ...['', '.', '..', '.test', 'test.', 'a..b', '-a.test', 'a-.test', 'a_b.test', '*', '*.', '*.*'],
    ...['*.*.test', 'a.*.test', 'a*.test', '*a.test', '*.test', '.*', '~^.*$', '~.*\\.test', 'localhost'],
    ...['shop.test', 'SHOP.TEST', 'shop.test.', 'shop.test..', ' shop.test', 'shop.test:80', 'shop.test/'],
    ...['http://shop.test', 'user@shop.test', 'shop.test,', ',', 'shop.test,evil.test', 'a.test b.test'],
    ...['a.test\tb.test', '1.2.3.4', '[::1]', '::1', '0', '127.0.0.1', 'a', 'com', `${'a'.repeat(63)}.test`],
    ...[`${'a'.repeat(64)}.test`, `${'a.'.repeat(125)}aa`, `${'a.'.repeat(126)}aa`, 'a'.repeat(253)],
    ...[`*.${'a.'.repeat(124)}aa`],
    ...[`${'a'.repeat(61)}.${'b'.repeat(61)}.${'c'.repeat(61)}.${'d'.repeat(61)}.test`],
  ],
  paths: [
    ...['/', '//', '///', '/a//b', '/.', '/..', '/./', '/../', '/a/.', '/a/..', '/a/../b', '/a/./b', '/...'],
    ...['/.../', '/.a', '../', '../../etc/passwd', 'a', 'a/b', './a', '~', '~root', '/~root', '/a/', '/a//'],
    ...['\\', '/\\', '/a\\..\\b', '/a\\', '/%2e%2e/', '/%2e%2e%2f', '/%252e%252e/', '/%00', '/%0a'],
    ...['/%0d%0aX: y', '/a%20b', '/a b', '/a;b', '/a?b', '/a#b', '/a{b}', '/a}', '/a$b', '/a"b', "/a'b"],
    ...['/é', '/a\u202eb', '/*', '/**', '/a*', '/[a]', '/(a)', '/a|b', '/^', '/a&b', '/a=b', '/a,b', '/a:b'],
    ...['/@', '/!', '/+', '/a\nb', `/${'a'.repeat(1023)}`, `/${'a'.repeat(1024)}`, `/${'a'.repeat(4095)}`],
    ...[`/${'a'.repeat(4096)}`, `/${'a/'.repeat(600)}`, `/${'../'.repeat(100)}`],
    ...['/.well-known/acme-challenge', '/quayside/release'],
  ],
  addresses: [
    ...['169.254.169.254', '169.254.170.2', '127.0.0.1', '127.1', '0.0.0.0', '0', '255.255.255.255'],
    ...['224.0.0.1', '::', '::1', 'fe80::1', 'fe80::1%eth0', 'fe80::1%25eth0', '[::1]', '[10.0.0.1]'],
    ...['ff02::1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '::ffff:127.0.0.1', '::ffff:7f00:1'],
    ...['0:0:0:0:0:ffff:7f00:1', '::127.0.0.1', '64:ff9b::169.254.169.254', '2002:7f00:1::'],
    ...['fd00:ec2::254', '0177.0.0.1', '0x7f.0.0.1', '0x7f000001', '2130706433', '2852039166', '012.0.0.1'],
    ...['10.0.0.010', '10.0.0.08', '10.0.0', '10.0.0.0.1', '10.0.0.256', '10.0.0.-1', '10.0.0.1.'],
    ...['.10.0.0.1', ' 10.0.0.1', '10.0.0.1 ', '10.0.0.1\n', '10,0,0,1', '10.0.0.1:80', '10.0.0.1/32'],
    ...['10.0.0.0/8', '10.0.0.1/0', '0.0.0.0/0', '::/0', '10.0.0.1/33', '10.0.0.1/-1', '10.0.0.1/8/8'],
    ...['all', 'unix:', 'unix:/var/run/docker.sock', 'unix:/run/x.sock:', 'localhost'],
    ...['metadata.google.internal', 'evil.test', '1e1.0.0.1', '10.0.0.1%0', '1:2:3:4:5:6:7:8:9', '1::2::3'],
    ...[':::', 'g::1', '::1.2.3', '::1.2.3.256', '12345::', ':', '1:'],
  ],
  numbers: [
    ...['-1', '0', '00', '01', '+1', '1.5', '1e3', '1e6', '0x10', '0b1', 'NaN', 'Infinity', '-Infinity'],
    ...['-0', '1_000', '1,000', '65535', '65536', '70000', '99999', '1000000', '2147483647', '2147483648'],
    ...['4294967296', '9007199254740993', '18446744073709551616', '9'.repeat(11), '9'.repeat(400), '100'],
    ...['101', '80', '8080', '15432', ' 80', '80 ', '80;', 'true', 'TRUE', 'yes', 'false', 'null'],
  ],
  'durations and sizes': [
    ...['0s', '0ms', '-1s', '1.5s', '5 s', '5 parsecs', '1d', '1w', '1y', '1M', '24h', '25h', '86400s'],
    ...['86401s', '999999999h', '9999999999s', '1s1s', '1h30m', 's', 'ms', '5S', '1us', '0k', '1K', '1g'],
    ...['1t', '9999999g', '99999999g', '10mb', '-1k', '1.5m', '5s;', '5s\n'],
  ],
  'regular expressions': [
    ...['(a+)+$', '^(a|a)*$', '(.*)*', '((a*)*)*', '[', '(', '(?<x', '*', '+', '?', '\\d', '.*.*.*.*.*=.*'],
    ...['[[:alpha:]]', '~(a+)+$', '(?R)', `${'a'.repeat(3_000)}!`, `${'a-'.repeat(2_000)}`],
    ...[`${'a,'.repeat(2_000)}`, `${' '.repeat(3_000)}x`, `${'/a'.repeat(2_000)}/.`],
  ],
  prototypes: [
    ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'],
    ...['constructor.prototype', '__proto__.host', '__defineGetter__', '__lookupGetter__', 'isPrototypeOf'],
    ...['length', 'then', 'this', '../this', '@root', '@index', 'undefined', '[object Object]'],
  ],
  templates: [
    ...['{{x}}', '{{{x}}}', '{{#each this}}', '{{> pass}}', '{{> (lookup . "x")}}', '{{!--', '--}}'],
    ...['{{token host}}', '{{/if}}', '{{^}}', '{{constructor.constructor "return process"}}'],
    ...['{{lookup this "constructor"}}', '<%= 1 %>', '#{1}', '{%x%}', '[[x]]', '%s%n', '{0}'],
  ],
  'other languages': [
    ...['{"a":1}', '[1,2]', '"json"', 'null', '{"__proto__":{"x":1}}', '- a\n- b', 'a: b', '&x *x'],
    ...['!!js/function x', '---', '<script>x</script>', '`id`', '; rm -rf /', '| id', '&& id'],
    ...['> /etc/passwd', '$IFS', '../../../../etc/shadow', "' OR 1=1 --", 'C:\\x', '\\\\host\\x', '-rf'],
    ...['--help', 'urlprefix-shop.test/', 'urlprefix-/', 'Host(`shop.test`)', 'PathPrefix(`/`)'],
    ...['Host(`a`) || HostRegexp(`.*`)', 'a=b', '=', '=x', 'x='],
  ],
  sizes: [
    'a'.repeat(255),
    'a'.repeat(256),
    'a'.repeat(512),
    'a'.repeat(4_095),
    'a'.repeat(4_096),
    'a'.repeat(70_000),
    '\u00e9'.repeat(2_048),
  ],
}

/** What JSON can hold besides text: Consul's fields have types, a broken proxy in between has none. */
export const hostileTypes: readonly unknown[] = [
  ...[null, true, false, 0, -1, 0.5, 1e6, 1e21, 5e-324, 65_536, 2 ** 53, [], {}, [[]], [null], { a: 1 }],
  ...[
    { toString: 'x' },
    { length: 3 },
    { constructor: { prototype: { polluted: true } } },
    ['nginx'],
    { 'nginx-host': 'x.test' },
  ],
]

/** All of them, each once. */
export const hostileValues: readonly unknown[] = [
  ...new Set(Object.values(hostileTexts).flat()),
  ...hostileTypes,
]
