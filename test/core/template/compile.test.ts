import assert from 'node:assert/strict'
import { test } from 'node:test'
import { output, rendered } from '../../support/template-data.ts'

test('what a template cannot say is refused with its line, before anything is read', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['a {{{x}}};', /\{\{\{x\}\}\} would write anything; \{\{raw x\}\} does, at your own risk/],
    ['a {{&x}};', /\{\{raw x\}\} does/],
    ['{{#servce "web"}}{{/servce}}', /no function "servce"; did you mean service\?/],
    ['a {{toUper "b"}};', /no function "toUper"; did you mean toUpper\?/],
    ['a {{join (splt "," "b")}};', /no function "splt"; did you mean split\?/],
    ['{{#Tags}}{{/Tags}}', /\{\{#Tags\}\} is no function; write \{\{#each Tags\}\}/],
    ['{{plugin "rm"}}', /no function "plugin"/],
    ['{{log "x"}}', /no function "log"/],
    ['{{helperMissing "x"}}', /no function "helperMissing"/],
    ['{{scratch "x"}}', /no function "scratch"/],
    ['{{scratch.Sett "x" 1}}', /no function "scratch.Sett"; did you mean scratch.Set\?/],
    ['a {{join "," (token "b")}};', /\{\{token x\}\} writes a value, and can't be part of anything else/],
    ['{{#quoted "b"}}{{/quoted}}', /writes a value/],
    ['a {{token "b" "c"}};', /\{\{token x\}\} takes one value/],
    ['{{#if a b}}{{/if}}', /\{\{#if x\}\} takes one value/],
    ['{{#each}}{{/each}}', /\{\{#each x\}\} takes one value/],
    ['{{> (lookup . "p")}}', /a partial must be named literally/],
    ['{{#> layout}}{{/layout}}', /inline partials and decorators are not supported/],
    ['{{#*inline "p"}}{{/inline}}', /inline partials and decorators are not supported/],
    ['{{#if a}}', /A block is not closed: \{\{\/…\}\} is missing\. Parse error/],
    ['u { {{#if a}}{{/if}}}', /\}\}\} is one sign: put a space before nginx's own brace\. Parse error/],
    ['a {{.Address}};', /A field is written without a dot in front: \{\{Address\}\}\. Parse error/],
  ]
  for (const [text, reason] of wrong)
    assert.throws(
      () => rendered(`# one\n${text}`),
      (error: Error) => {
        assert.match(error.message, /^template web, line [23]: /, text)
        assert.match(error.message, reason, text)
        return true
      },
    )
  assert.throws(() => rendered('a \ue0000\ue001;'), /private characters/)
})

test('an error in a branch that is not taken is found too', () => {
  assert.throws(() => rendered('{{#if Foo}}a {{nosuch 1}};{{/if}}'), /no function "nosuch"/)
})

test('a misspelt list is refused, one that an expression yields may be absent', () => {
  assert.throws(() => rendered('{{#each Tagz}}{{/each}}'), /line 1: each: the field is not there/)
  assert.equal(output('{{#each (lookup Tagz "x")}}a;{{/each}}'), '')
})

test('names given in a block come before functions of the same name', () => {
  assert.equal(output('{{#each (loop 2) as |key at|}}a {{key}} {{at}};{{/each}}'), 'a 0 0;a 1 1;')
})

test('conditions, else-branches and outer values work as in Handlebars', () => {
  const text =
    '{{#each (loop 3)}}{{#if (eq this 0)}}a;{{else if (eq this 1)}}b;{{else}}c {{@index}} {{@last}};{{/if}}{{/each}}'
  assert.equal(output(text), 'a;b;c 2 true;')
  assert.equal(output('{{#with "o"}}{{#each (loop 1)}}a {{../this}};{{/each}}{{/with}}'), 'a o;')
  assert.equal(output('{{^service "none"}}a;{{/service}}'), 'a;')
})
