"""Writes Tests/Fixtures/Text/chat-templates.json: what Transformers renders for small templates.

    python scripts/make_chat_template_fixtures.py

Every case holds a template source, its input, and either the text that Transformers renders (with the byte
ranges of its {% generation %} blocks) or "error": true. The clock stands at 2024-07-05 09:08:07.
With a tokenizer_config.json as argument it writes Tests/Fixtures/Text/chat-template-published.json instead:
the digests of that published template's renderings, without its source.
"""

import datetime
import hashlib
import json
import pathlib
import sys

import transformers.utils.chat_template_utils as chat

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "Text"


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 5, 9, 8, 7)


chat.datetime = Clock

VARIABLES = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "text": "  Hello, wörld 🙂\n",
    "name": "it's \"quoted\" \\ \t\u0007\u00a0é",
    "numbers": [3, 1, 2, 10, -4],
    "mixed": [1, 1.0, True, None, "1", [1, "x"], {"k": 0.5}],
    "floats": [0.1, 1e16, 1e-5, 123456789.125, 1e22, -0.0, 1e400, 5e-324, 100.0, 1.5e300],
    "words": ["pear", "Apple", "fig", "apple", "Zoë"],
    "big": 123456789012345678901234567890,
    "people": [
        {"name": "Ann", "age": 31, "tags": ["a", "b"]},
        {"name": "bob", "age": 25, "tags": []},
        {"name": "Cy", "tags": ["c"], "pet": {"kind": "cat"}},
    ],
    "config": {"b": 2, "a": [1, {"z": None}], "C": "x<y&'z'", "items": "shadowed", "é": "ü"},
    "empty": {},
    "flag": True,
    "zero": 0,
    "nothing": None,
}

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "  What is 2 + 2?  "},
    {"role": "assistant", "content": "4 — vier"},
    {"role": "user", "content": "Danke 🙂"},
    {"role": "assistant", "content": "Bitte."},
]

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather at a place, in \"°C\" or <°F>.",
            "parameters": {
                "type": "object",
                "properties": {"place": {"type": "string"}, "days": {"type": "integer", "default": 1}},
                "required": ["place"],
            },
        },
    },
    {"type": "function", "function": {"name": "now", "parameters": {}}},
]

TOOL_MESSAGES = [
    {"role": "user", "content": "Weather in Köln?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "type": "function",
                "function": {"name": "get_weather", "arguments": {"place": "Köln", "days": 2, "scale": 1.50}},
            },
            {"name": "now", "arguments": {}},
        ],
    },
    {"role": "tool", "name": "get_weather", "content": '{"degrees": 21}'},
    {"role": "tool", "name": "now", "content": "12:00"},
    {"role": "assistant", "content": "21 °C."},
]

# Each of these is rendered between brackets.
EXPRESSIONS = r"""
"<a href='x'>\"&\"</a>"|e
'a & b'|escape|upper
nothing|e
missing|e
config|e
numbers|forceescape
people|groupby('age', default=0)|map('first')|join(',')
{{ 'x': people }}.x|groupby('tags')|list|length
words|groupby('0')|map(attribute='grouper')|join
words|map('upper')|map('first')|list
[{'k': 'B', 'v': 1}, {'k': 'a', 'v': 2}, {'k': 'b', 'v': 3}]|groupby('k')
[{'k': 'B', 'v': 1}, {'k': 'a', 'v': 2}, {'k': 'b', 'v': 3}]|groupby('k', case_sensitive=true)
[{'k': 'B', 'v': 1}, {'v': 2}, {'k': 'b', 'v': 3}]|groupby('k', default='z')|tojson
([{'k': 1, 'v': 1}]|groupby('k'))[0].grouper
([{'k': 1, 'v': 1}]|groupby('k'))[0].list
([{'k': 1, 'v': 1}]|groupby('k'))[0][1]
([{'k': 1, 'v': 1}]|groupby('k'))[0]['list']
[{'k': 1}, {'k': 'a'}]|groupby('k')
people|groupby('nope')
numbers|slice(3)|list
numbers|slice(3, 'x')|list
numbers|slice(7, none)|list
numbers|slice(-1)|list
numbers|slice(0)|list
'abcdefg'|slice(2)|list
'foo bar baz qux'|truncate(9)
'foo bar baz qux'|truncate(9, true)
'foo bar baz qux'|truncate(11)
'foo bar baz qux'|truncate(11, False, '...', 0)
'foo bar baz qux'|truncate(5, leeway=none)
'foobarbazqux'|truncate(5, leeway=0)
'Zoë 🙂 façade wörld'|truncate(8, end='…', leeway=0)
'x'|truncate(2)
numbers|truncate(4)
text|truncate
text|wordcount
'a b_c d-e f1 ２ é'|wordcount
numbers|wordcount
missing|wordcount
'ab'|center(7)
'abc'|center(8)
'ab'|center
missing|center(3)
'ab'.center(7)
'abc'.center(6, '*')
'abc'.center(2)
'abc'.center(5, 'xy')
'abc'.ljust(6, '.')
'abc'.rjust(6)
'abcabc'.rindex('bc')
'abc'.rindex('x')
'abc'.isascii()
''.isascii()
'é'.isascii()
'12'.isdecimal()
'½'.isnumeric()
'½'.isdecimal()
config|pprint
numbers|pprint
mixed|pprint
people|pprint
text|pprint
nothing|pprint
missing|pprint
{'b': {'y': 'x' * 70, 'x': [1, 2]}, 'a': ('y' * 75,)}|pprint
['lorem ipsum dolor sit amet consetetur sadipscing elitr', 'sed diam nonumy eirmod tempor invidunt ut labore']|pprint
('lorem ipsum dolor sit amet ' * 5)|pprint
('lorem ipsum\n dolor sit amet ' * 5)|pprint
[('lorem ipsum dolor sit amet ' * 5), ('x' * 100)]|pprint
{'key': ('lorem ipsum dolor sit amet ' * 5), 'other': ('a\nb\n' * 30)}|pprint
{1: 'a', 'b': 2, none: 3, 2.5: 4, true: 5}|pprint
[[[['x' * 20] * 2] * 2] * 2]|pprint
(('x' * 90),)|pprint
('é\u200b\t' * 30)|pprint
messages|pprint
'a b/c?d=e&f'|urlencode
'ü 🙂~_.-'|urlencode
{'a b': 'c/d', 'é': 1, 'n': none}|urlencode
[('a', 1), ('b', [2])]|urlencode
[['a', 1, 2]]|urlencode
12|urlencode
missing|urlencode
none|urlencode
'<p>Main &raquo;\t<em>About</em></p>  x'|striptags
'a <!-- <b> --> c < d > e <f'|striptags
'&lt;b&gt; &amp;amp; &#39;&#x2019;&#8217; &#150; &#0; &#xD800; &copy2 &notit &AMP &apos;'|striptags
'a & b &; &# &#x; &1; x&y'|striptags
numbers|striptags
'%s, %s!'|format('Hi', name)
'%(a)s-%(b)05.1f'|format(a='x', b=2.25)
'%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%#o'|format(42, 42, 42, 42, 42, 255, 255, 255, 8, 8)
'%.3d|%8.3d|%-8.3d|%08.3d|%+.4d|%#.6x'|format(5, 5, 5, 5, 5, 255)
'%e|%E|%.0f|%.2f|%10.3f|%-10.1f|%g|%G|%g|%#g'|format(12345.678, 0.00012, 2.5, 2.675, 3.14159, 1.25, 1e10, 1e-10, 100000, 1.5)
'%s|%r|%a|%c|%c'|format('é', 'é', 'é🙂', 'x', 8364)
'%5s|%-5s|%.2s|%5.1s'|format('abc', 'abc', 'abc', 'abc')
'%d%%'|format(50)
'%d'|format(2.9)
'%d'|format('2')
'%x'|format(2.0)
'%s'|format()
'%s'|format(1, 2)
'%q'|format(1)
'%'|format(1)
'%*d|%.*f'|format(5, 42, 2, 3.14159)
'%s %s'|format(missing, none)
'%s' % numbers
'%s' % 'x'
'%s-%s' % ('a', 1)
'%(content)s' % messages[0]
'%s' % missing
'x' % {}
'x' % [1]
'x' % 1
'%ld' % 3
'%s'|format(numbers)
'%f|%f|%f' % (floats[6], -floats[6], true)
'%05d|%-05d|% 05d|%+05d' % (-42, -42, 42, 42)
'{}, {}!'.format('Hi', name)
'{0}{1}{0}'.format('a', 'b')
'{a}{b[1]}{c.name}{d[k]}'.format(a=1, b=[2, 3], c=people[0], d={'k': 'v'})
'{{}} {{{}}}'.format(1)
'{:>8}|{:<8}|{:^8}|{:*^9}|{:08}'.format('ab', 'ab', 'ab', 'ab', 'ab')
'{:5}|{:<5}|{:^5}|{:05}|{:+}|{: }|{:=+6}|{:x<6}'.format(42, 42, 42, 42, 42, 42, 42, 42)
'{:b}|{:o}|{:x}|{:X}|{:#b}|{:#o}|{:#x}|{:#010x}|{:c}|{:d}|{:n}'.format(5, 8, 255, 255, 5, 8, 255, 255, 8364, 7, 1234)
'{:,}|{:_}|{:_x}|{:010,}|{:09,}|{:08,}|{:,}'.format(1234567, 1234567, 1234567, 1234, 1234, 1234, -1234)
'{:.2f}|{:8.3f}|{:+.1e}|{:g}|{:.3g}|{:G}|{:%}|{:.1%}|{:,.2f}|{:012,.1f}'.format(3.14159, 2.5, 12345.678, 1e20, 0.00001234, 1e-7, 0.256, 0.256, 1234567.891, 1234.56)
'{}|{:5}|{:.3}|{:.3}|{:.3}|{:.1}|{:.10}|{:8}'.format(1.0, 2.5, 1234.5, 1.0, 123.0, 5.0, 0.1, 1e100)
'{:.0f}|{:#.0f}|{:.0e}|{:.3}|{:.1}|{:.2}'.format(2.5, 2.5, 25.0, 0.0, 0.0, 1e-5)
'{!r}|{!s}|{!a}|{!r:>8}'.format('é', 'é', 'é', 'x')
'{:{w}.{p}f}|{:{}}'.format(3.14159, 'x', 5, w=8, p=2)
'{}|{}|{}|{}|{}'.format(none, true, numbers, config, missing)
'{:d}|{:5}|{:.1f}'.format(true, true, true)
'{:5}'.format(none)
'{:5}'.format(numbers)
'{:d}'.format('x')
'{:s}'.format(1)
'{:.2}'.format(1)
'{:,}'.format('x')
'{:+}'.format('x')
'{:=5}'.format('x')
'{0}{}'.format(1, 2)
'{'.format(1)
'}'.format(1)
'{x}'.format(y=1)
'{2}'.format(1)
'{!x}'.format(1)
'{:.2q}'.format(1)
'{:10.3}|{:<10.3}'.format('abcdef', 'abcdef')
'{a}'.format_map({'a': 1})
'{a}'.format_map([1])
'{.name}'.format(people[0])
'{[name]}'.format(people[0])
'{0.nope}'.format(people[0])
'{:🙂^7}'.format('x')
'{:05}|{:08.2f}|{:,}|{:+}'.format(-floats[6], floats[6], floats[6], floats[6])
none|map('upper')|list
0|map('nope')|list
missing|select|list
false|selectattr('x')|list
''|reject|list
none|rejectattr('x', 'eq', 1)|list
none|list
none|join
none|first
missing|first
missing|join
none|sum
missing|sum
none|unique|list
missing|sort
none|sort
none|batch(2)|list
missing|batch(2)|list
missing|list
missing|reverse|list
missing|max
missing|unique|list
missing|dictsort
none|items|list
missing|items|list
missing|map('upper')|list
none|map('upper')|join(',')
text|trim
text.strip()
text.lstrip()
text.rstrip()
text.strip(' H\n')
text|trim('H ')
text|upper
text|lower
text.upper() ~ text.lower()
text|length
text|count
text|title
text|capitalize
'hello wOrld-foo (bar) it\'s'|title
'hello wOrld-foo it\'s'.title()
'hELLO'.capitalize()
text|string
text|reverse
name
[name]
[text, 'a\'b"c', "plain", '\\', '\u200b\x01\u00ad', '€']
'a\tb\x41\u00e9\101\q\
c'
'one' "two" 'three'
numbers
numbers|join
numbers|join(', ')
people|join(', ', attribute='name')
words|join('-')|upper
mixed
mixed|tojson
floats
floats|tojson
big
big|tojson
[big]
config
config|tojson
config|tojson(indent=2)
config|tojson(indent=0)
config|tojson(indent=2, separators=(',', ':'))
config|tojson(sort_keys=true)
config|tojson(ensure_ascii=true)
config|tojson(separators=(',', ':'))
config|tojson(indent='--')
name|tojson
name|tojson(ensure_ascii=true)
'🙂\x7f'|tojson(true)
{}|tojson(indent=2)
[]|tojson(indent=2)
{1: 'a', true: 'b', none: 'c', 2.5: 'd'}
{1: 'a', none: 'c', 2.5: 'd', false: 'e'}|tojson
(1, 2)|tojson
missing|tojson
range(3)|tojson
missing
missing|default('x')
missing|d('x')
nothing|default('x')
nothing|default('x', true)
zero|default('x', boolean=true)
missing.attribute
missing['item']
missing + 'x'
'x' + missing
missing ~ 'x'
missing|length
missing|upper
missing == missing
missing < 1
missing()
people.missing
people[0].missing
people[9]
people[9].name
people[0]['name']
people[0]['na' ~ 'me']
people[2].pet.kind
people[2]['pet']['kind']
people.0.name
numbers.1
config.b
config['items']
config.items()|list
config.items is defined
config.keys()|list
config.values()|list
config|items|list
config.get('b')
config.get('q')
config.get('q', 7)
config|length
'b' in config
'q' not in config
'ell' in 'hello'
'' in 'hello'
2 in numbers
1 in '123'
1 in nothing
empty.copy()
words[0]
words[-1]
words[9]
words['0']
words[1:3]
words[:-1]
words[::2]
words[::-1]
words[-2:]
words[5:1:-2]
words[true]
text[2:7]
text[-3]
'🙂é'[0]
text[100]
(1, 2, 3)[1:]
(1,)
()
[]
{}
words|first
words|last
[]|first
[]|last
'abc'|first
'abc'|last
words|list
'añ'|list
config|list
words|sort
words|sort(reverse=true)
words|sort(case_sensitive=true)
people|sort(attribute='name')|map(attribute='name')|list
people|selectattr('age')|sort(attribute='age')|map(attribute='name')|list
[{'a': 1, 'b': 2}, {'a': 1, 'b': 1}, {'a': 0, 'b': 3}]|sort(attribute='a,b')
numbers|sort
numbers|sort(true)
[1, 'a']|sort
config|dictsort
config|dictsort(case_sensitive=true)
{'x': 2, 'y': 1}|dictsort(by='value')
{'x': 2, 'y': 1}|dictsort(false, 'key', true)
words|unique|list
[1, 1.0, true, 2]|unique|list
words|map('upper')|list
words|map('replace', 'p', 'q')|join(' ')
words|map('length')|sum
people|map(attribute='pet.kind', default='none')|list
people|map(attribute='tags')|map('length')|list
people|selectattr('age')|list|length
people|selectattr('age', 'defined')|map(attribute='name')|join(',')
people|selectattr('name', 'equalto', 'bob')|list
people|selectattr('pet.kind', '==', 'cat')|map(attribute='name')|list
people|rejectattr('age', 'defined')|map(attribute='name')|list
people|rejectattr('tags')|map(attribute='name')|first
people|selectattr('name', 'in', ['Ann', 'Cy'])|map(attribute='name')|list
numbers|select('odd')|list
numbers|reject('odd')|list
numbers|select('greaterthan', 1)|list
[0, 1, '', 'a', none]|select|list
[0, 1, '', 'a', none]|reject|list
'yes' if []|select else 'no'
'yes' if [] else 'no'
numbers|select('odd')|length
numbers|reverse|list
numbers|min
numbers|max
words|min
words|max
words|max(case_sensitive=true)
people|selectattr('age')|max(attribute='age')
numbers|sum
numbers|sum(start=100)
people|selectattr('age')|sum(attribute='age')
numbers|batch(2)|list
numbers|batch(2, 0)|list
'12'|int
' -7 '|int
'12.9'|int
'x'|int
'x'|int(5)
'ff'|int(0, 16)
'0xff'|int(base=16)
3.99|int
-3.99|int
true|int
none|int
'1_000'|int
'1e3'|int
'1.5'|float
'x'|float
'x'|float(2.5)
'inf'|float
'.5'|float
7|float
-3|abs
(-3.5)|abs
2.5|round
3.5|round
2.567|round(2)
2.1|round(method='ceil')
2.9|round(0, 'floor')
5|round
'a b'|replace(' ', '_')
'aaaa'|replace('a', 'b', 2)
'aaa'.replace('aa', 'b')
'aaa'.replace('', '-')
'aaa'.replace('', '-', 2)
'a.b.c'.split('.')
'a.b.c'.split('.', 1)
'a.b.c'.rsplit('.', 1)
' a  b c '.split()
' a  b c '.split(none, 1)
' a  b c '.rsplit(none, 1)
'a.b.c'.split('.')[-1]
''.split()
''.split(',')
'abc'.split('')
'a\nb\r\nc\n'.splitlines()
'abcabc'.find('c')
'abcabc'.rfind('c')
'éabc'.find('b')
'abc'.find('z')
'abc'.index('z')
'abcabc'.count('bc')
'abc'.startswith('ab')
'abc'.startswith(('x', 'a'))
'abc'.endswith('bc')
'abc'.endswith('')
', '.join(words)
''.join([])
', '.join([1])
'abc'.removeprefix('ab')
'abc'.removesuffix('bc')
'k=v=w'.partition('=')
'k=v=w'.rpartition('=')
'-5'.zfill(4)
'ABC'.isupper()
'abc1'.islower()
'12'.isdigit()
'ab'.isalpha()
'a1'.isalnum()
' \n'.isspace()
'abc'.strip(1)
words.append('x')
words.append is defined
words.pop()
config.update({})
config.pop('b')
words.index('fig')
words.count('fig')
words.index('nope')
words.copy()
'x'.nope()
1 + 2 * 3
(1 + 2) * 3
7 / 2
6 / 2
7 // 2
-7 // 2
7 // -2
-7 % 3
7 % -3
7.5 // 2
-7.5 % 2
2 ** 10
2 ** -1
2 ** 3 ** 2
-2 ** 2
2 ** 0.5
1 / 0
1 // 0
1 % 0
1.5 + 1
0.1 + 0.2
1e3
1_000
0x1F + 0b11 + 0o17
1.5e-7
true + true
'a' + 'b'
'a' + 1
'a' * 3
3 * 'ab'
'a' * -1
[1] + [2]
[1, 2] * 2
[1] + (2,)
[0] * 0
'a' ~ 1 ~ none ~ true ~ 1.0
- 3
+ 3
-'a'
not true
not not 'x'
1 < 2 < 3
1 < 3 < 2
1 == 1.0
true == 1
'a' == "a"
'é' == 'é'
[1, 2] == [1, 2]
(1, 2) == [1, 2]
{'a': 1, 'b': 2} == {'b': 2, 'a': 1}
'a' < 'b'
'Z' < 'a'
'z' < 'é'
[1, 2] < [1, 3]
1 < 'a'
none < 1
1 != 2 and 'x'
0 or 'fallback'
'' or [] or {}
1 and 0
'a' if flag else 'b'
'a' if zero else 'b'
'a' if zero
('a' if zero)|default('c')
'a' if zero else 'b' if zero else 'c'
flag is true
flag is boolean
zero is false
zero is number
zero is integer
1.0 is float
true is integer
true is number
'x' is string
words is string
words is sequence
words is iterable
words is mapping
config is mapping
config is sequence
config is iterable
5 is iterable
missing is defined
missing is not defined
missing is undefined
missing is iterable
missing is sequence
nothing is none
nothing is not none
missing is none
nothing is defined
3 is odd
3 is even
-3 is odd
10 is divisibleby 5
10 is divisibleby(3)
3 is eq 3
3 is equalto(4)
3 is ne 4
3 is gt 2
3 is lessthan 2
3 is ge 3
'fig' is in words
'x' is in 'xyz'
'abc' is lower
'ABC' is upper
'abc' is upper
range is callable
flag is sameas true
1 is sameas true
'upper' is filter
'nope' is filter
'odd' is test
words is not string and flag
words is sequence and words is not string
range(5)|list
range(2, 5)|list
range(5, 0, -2)|list
range(0)|list
range(5)[2]
range(3)|length
range(0, 5, 0)
range('a')
range(100001)
dict(a=1, b='x')
dict({'a': 1}, b=2)
dict([['a', 1]])
{'a': 1, 'a': 2}
{[1]: 2}
namespace(a=1).a
namespace(_a=1)
'a\nb\n\nc'|indent
'a\nb\n\nc'|indent(2, true)
'a\nb\n\nc'|indent(width=1, blank=true)
'a\nb'|indent('> ', first=true)
'x\n'|indent
''|indent
'<b>'|safe
strftime_now('%d %b %Y')
strftime_now('%A %a %B %H:%M:%S %I %p %y %j %m %w %u %U %W %V %G %F %T %D %R %e %C %f %% %-d %-m %-I %q %Z|%z|%n%t')
raise_exception('no')
1 if raise_exception
nope('x')
5()
(words|first)[0]
words|first|upper|lower
words | first | length + 1
'%' ~ '}'
[1, 2, 3,]
{'a': 1,}
'a' in ['a'] and 'b' not in ['a']
1 in [1] in [[1]]
not 'a' in 'abc'
1, 2
'a' , 
'x' is string is true
"{{ '{%' }}"
'#}'
{'a': {'b': {'c': 1}}}.a.b.c
{'a': {'b': {'c': 1}}}['a'].b['c']
[[1, 2], [3, 4]][1][0]
'abc'|list|reverse|join
'abc'[::-1]|upper
numbers|map('string')|join('+')
numbers|map('abs')|list
numbers|map('nope')|list
numbers|select('nope')|list
9223372036854775807 - 1
none ~ ''
true ~ false
'ÀÉ'|lower
'straße'|upper
'ŉ'|capitalize
'ﬁne'|title
loop is defined
self_missing is defined and self_missing.x
messages|length
messages[-1]['role']
messages|map(attribute='role')|unique|join(',')
messages[1:]|length
tools is none
documents is none
add_generation_prompt
""".strip("\n")

# Whole templates; `---` stands between them.
TEMPLATES = r"""
{% for m in messages %}
{{ m.role }}: {{ m.content }}
{% endfor %}
---
{%- for m in messages -%}
  {{- '<|' + m['role'] + '|>\n' + m['content'] | trim + eos_token + '\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|assistant|>\n' }}{%- endif -%}
---
  {% if true %}
  indented
    {% if true %}deep{% endif %}
  {%+ if true %}kept{% endif +%}
  {% endif %}
  {{ 'x' }}
	{# a comment #}
after {# inline #} comment
{#- stripped -#}   tail
---
a

  {%- if true -%}

  b

  {%- endif -%}

c
---
{% raw %}{{ not evaluated }} {% if %}{% endraw %}
x{%- raw -%}   {{ y }}   {%- endraw -%}   z
  {% raw %}
 kept {% endraw %}

end
---
{{ 'a' }}
{{ 'b' }}

{% set x = 1 %}
{% set y = 2 -%}

   {{ x }}{{ y }}

---
{% set x = 1 %}{% for i in [1, 2, 3] %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}
---
{% set ns = namespace(total=0, seen=[]) %}{% for i in [1, 2, 3] %}{% set ns.total = ns.total + i %}{% set ns.seen = ns.seen + [i] %}{% endfor %}{{ ns.total }} {{ ns.seen }} {{ ns.nope is defined }} {{ ns['total'] }}
---
{% set a, b = 1, [2, 3] %}{% set (c, d) = b %}{{ a }}{{ b }}{{ c }}{{ d }}
---
{% set x.y = 1 %}
---
{% set d = {} %}{% set d.y = 1 %}
---
{% set ns = namespace() %}{% set ns._x = 1 %}
---
{% set x %}
  block {{ bos_token }}
{% endset %}[{{ x }}]{% set y | upper | trim %} shout {% endset %}[{{ y }}]{% set z %}{% set inner = 1 %}{% endset %}{{ inner is defined }}
---
{% for i in numbers %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ loop.first }}/{{ loop.last }}/{{ loop.length }}/{{ loop.previtem }}/{{ loop.nextitem }}/{{ loop.cycle('a', 'b') }}/{{ loop.changed(i > 0) }}/{{ loop.depth }}
{% endfor %}
---
{% for i in [] %}x{% else %}none{% endfor %}|{% for i in missing %}x{% else %}none{% endfor %}|{% for i in [1] %}x{% else %}none{% endfor %}
---
{% for i in numbers if i > 1 %}{{ i }}:{{ loop.index }}of{{ loop.length }} {% else %}none{% endfor %}
---
{% for i in numbers %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 10 %}{% break %}{% endif %}{{ i }} {% endfor %}
---
{% for i in [1] %}{% break %}{% else %}else after break{% endfor %}|{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{% else %}else{% endfor %}|{% for i in [1] %}{% continue %}{% else %}else after continue{% endfor %}
---
{% break %}
---
{% for i in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
---
{% for k, v in config.items() %}{{ k }}={{ v }};{% endfor %}{% for k in config %}{{ k }}{% endfor %}{% for k, v in config|dictsort %}{{ k }}{% endfor %}{% for k, v in config|items %}{{ loop.index }}{{ k }}{% endfor %}
---
{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}
---
{% for x in 5 %}{% endfor %}
---
{% for c in 'añ🙂' %}[{{ c }}]{% endfor %}
---
{% for row in [[1, 2], [3]] %}{% for x in row %}{{ loop.index }}{{ loop.last }}{% set outer = loop %}{% endfor %}{{ loop.index }}{{ outer is defined }}{% endfor %}{{ loop is defined }}
---
{% for row in [[1, 2], [3]] %}{% set outer = loop %}{% for x in row %}{{ outer.index }}.{{ loop.index }} {% endfor %}{% endfor %}
---
{% for item in [{'n': 1, 'c': [{'n': 2, 'c': [{'n': 3}]}]}, {'n': 4}] recursive %}<{{ item.n }}@{{ loop.depth }}{% if item.c %}{{ loop(item.c) }}{% endif %}>{% endfor %}
---
{% if zero %}a{% elif nothing %}b{% elif flag %}c{% else %}d{% endif %}{% if missing %}x{% else %}y{% endif %}{% if true: %}colon{% endif %}
---
{% if 'a' if true else 'b' %}{% endif %}
---
{% if false %}{% set q = 1 %}{% endif %}{{ q is defined }}{{ flag }}{% if true %}{% set flag = 'changed' %}{% endif %}{{ flag }}
---
{% macro greet(who, greeting='Hello', mark=greeting|length) %}{{ greeting }}, {{ who }}{{ mark }}{% endmacro %}{{ greet('Ann') }} {{ greet('Bob', 'Hi') }} {{ greet(who='Cy', mark='!') }} {{ greet() }} [{{ greet.name }}]
---
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
---
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
---
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
---
{% macro m(a) %}{{ a }}|{{ varargs }}|{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, x=4) }}{{ m(*[5, 6], **{'y': 7}) }}
---
{% macro m() %}{{ later }}{{ loop is defined }}{% endmacro %}{% set later = 'late' %}{% for i in [1] %}{% set later = 'inner' %}{{ m() }}{% endfor %}
---
{% macro fact(n) %}{% if n > 1 %}{{ n * fact(n - 1)|int }}{% else %}1{% endif %}{% endmacro %}{{ fact(10) }}
---
{% macro box(title) %}<{{ title }}>{{ caller('x') }}</{{ title }}>{% endmacro %}{% call(arg) box('t') %}body {{ arg }}{{ bos_token }}{% endcall %}
---
{% macro m() %}no caller{% endmacro %}{% call m() %}body{% endcall %}
---
{% macro m(a=1, b) %}{% endmacro %}
---
{% macro m(x) %}{%- if x is mapping -%}{ {%- for k, v in x.items() -%}{{ k }}:{{ m(v) }}{{ ',' if not loop.last }}{%- endfor -%} }{%- else -%}{{ x|tojson }}{%- endif -%}{% endmacro %}{{ m({'a': {'b': 1}, 'c': 'x'}) }}
---
{% with a = 1, b = flag %}{{ a }}{{ b }}{% set c = 3 %}{% endwith %}{{ a is defined }}{{ c is defined }}
---
{% filter upper|replace('A', '4') %}banana {{ bos_token }}{% endfilter %}
---
{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{{ eos_token }}{% endgeneration %}{% else %}{{ m.role }}: {{ m.content }}{% endif %}

{% endfor %}
---
{%- for m in messages -%}
    {%- if m.role == 'assistant' -%}
        {{- 'ä<assistant>' -}}
        {%- generation -%}
            {{- m.content }}{% set kept = 1 %}
        {%- endgeneration -%}
        {{- kept is defined }}
    {%- endif -%}
{%- endfor -%}
---
{% for m in messages %}{% if loop.index0 is odd and m.role != 'user' %}{{ raise_exception('Roles must alternate: ' ~ m.role) }}{% endif %}{% endfor %}fine
---
{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('no') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<S>>' + system_message + '<</S>>' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[I] ' + content.strip() + ' [/I]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}
---
{{ bos_token }}{% for message in messages %}{% set role = 'model' if message.role == 'assistant' else message.role %}{{ '<turn>' + role + '\n' + (message.content | trim) + '<end>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<turn>model\n' }}{% endif %}
---
{% if false %}{{ 'x' | nope }}{% endif %}branch
---
{{ 'x' | nope }}
---
{% if false %}{{ 'x' is nope }}{% endif %}{{ 1 if true else 'x'|nope }}
---
{% if false %}{% for x in [1] %}{{ x | nope }}{% endfor %}{% endif %}
---
{{ x is nope }}
---
{% for x in [1] %}
---
{% endfor %}
---
{{ 'unterminated
---
{{ (1, 2 }}
---
{{ 1 2 }}
---
{{ }}
---
{{ a b }}
---
{% unknown %}
---
{# open
---
{% raw %} open
---
{{ 'a' }
---
{{ x := 1 }}
---
{{ 1 is string is }}
---
{{ a.b.1.c }}
---
{% set true = 1 %}
---
{{ 007 }}
---
{{ f(a=1, 2) }}
---
{{- '{{' }} {{ "}}" -}} {{ '%}' }} { { } } {{ {'a': {'b': 1}}['a'] }}
---
{%- set ns = namespace(found=false) -%}{%- for m in messages[::-1] -%}{%- if not ns.found and m.role == 'user' -%}{%- set ns.found = true -%}{%- set ns.at = loop.index0 -%}{%- endif -%}{%- endfor -%}{{ ns.found }}{{ ns.at }}
---
{%- if tools %}{% for t in tools %}{{ t | tojson }}
{{ t.function.parameters | tojson(indent=4) }}
{% endfor %}{% endif %}{% for m in messages %}{% if m.tool_calls %}{% for c in m.tool_calls %}{% if c.function is defined %}{% set c = c.function %}{% endif %}{{ c.name }}({% for k, v in c.arguments.items() %}{{ k }}={{ v|tojson }}{{ ', ' if not loop.last }}{% endfor %}){% endfor %}{% elif m.role == 'tool' %}<{{ m.name }}: {{ m.content }}>{% if loop.last or messages[loop.index0 + 1].role != 'tool' %}end of tools{% endif %}{% else %}{{ m.content }}{% endif %}{% endfor %}
---
{%- macro render(type, level=0) -%}
{%- if type.type == 'object' -%}
{{ '{' }}
{% for k, v in type.properties | items %}
{{ '  ' * (level + 1) }}{{ k }}{{ '' if k in (type.required or []) else '?' }}: {{ render(v, level + 1) }},
{% endfor %}
{{ '  ' * level }}{{ '}' }}
{%- else -%}
{{ type.type }}{% if type.default is defined %} = {{ type.default }}{% endif %}
{%- endif -%}
{%- endmacro -%}
{% for t in tools or [] %}{{ t.function.name }}: {{ render(t.function.parameters) }}
{% endfor %}
---
{% set date = strftime_now('%d %B %Y') if strftime_now is defined else 'unknown' %}Today: {{ date }}
---
{% for m in messages %}{{ loop.changed(m.role) }}{{ m.get('name', 'anon') }}{{ m.keys()|list }}{{ 'content' in m }}{% endfor %}
---
{%if flag%}tight{%endif%}{{flag}}{%-if flag-%} tight {%-endif-%}
---
line one
{%- set a = 1 %}

line two {{- a }}
 {{ a -}}
 line three
---
{{ [1,2,3] | map('string') | join(' ' ) }}{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | map('trim') | list | last }}
---
{% set messages = messages | rejectattr('role', 'eq', 'system') | list %}{{ messages | length }}{% for m in messages %}{{ m.role[0] }}{% endfor %}
---
{#- nulls #}{% for m in messages %}{{ m.content }}{{ m.content is defined }}{{ m.tool_calls }}{{ m|length }}{{ m.thinking is defined }}{% endfor %}
---
{% for group in people|groupby('tags[0]', default='') %}{{ group.grouper }}{% for p in group.list %}{{ p.name }}{% endfor %}{% endfor %}
---
{% for age, members in people|groupby('age', default=7) %}{{ age }}:{{ members|map(attribute='name')|join('+') }};{% endfor %}
---
{{ messages[0].reasoning_content is defined }}{{ messages[1].thinking }}{{ messages[1].reasoning_content }}
""".strip("\n")

# Sources with line ends that a text block cannot hold.
LINE_ENDS = [
    "a\r\nb\rc\n\n",
    "{% if true %}\r\nx\r\n{% endif %}\r\ny\r\n",
    "{{ 'a\r\nb' }}\n",
    "\n{% if true %}\n{% endif %}\n",
    "",
    "\n",
    "no tags",
    "{",
    "{{",
    "{%",
    "  {% if true %}  \n  x{% endif %}  ",
    "x\u00a0{%- if true %}y{% endif -%}\u2003\u0085z",
    "\u00a0{% if true %}z{% endif %}",
    "{{ 'e\u0301' == '\u00e9' }}{{ {'\u00e9': 1, 'e\u0301': 2}|length }}",
]


def render(source, data):
    """The rendering with the spans of generation blocks in bytes, or None for an error."""
    try:
        # What `apply_chat_template` does before it renders.
        messages = [{k: v for k, v in message.items() if v is not None} for message in data["messages"]]
        texts, spans = chat.render_jinja_template(
            conversations=[messages],
            tools=data.get("tools"),
            chat_template=source,
            add_generation_prompt=data.get("add_generation_prompt", False),
            return_assistant_tokens_mask=True,
            **data.get("variables", {}),
        )
        text = texts[0]
        result = {"text": text}
        text.encode("utf-8")
    except Exception as error:
        return {"error": True}, error
    if spans and spans[0]:
        result["spans"] = [[len(text[:end].encode()) for end in span] for span in spans[0]]
    return result, None


def main():
    inputs = {
        "chat": {"messages": MESSAGES, "add_generation_prompt": True, "variables": VARIABLES},
        "tools": {"messages": TOOL_MESSAGES, "tools": TOOLS},
        "nulls": {
            "messages": [
                {"role": "user", "content": "q", "tool_calls": None},
                {"role": "assistant", "content": None, "reasoning": None, "tool_calls": [{"id": None}]},
            ]
        },
        "reasoning": {
            "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "reasoning": "r"}]
        },
    }
    cases = []

    def add(source, name):
        result, error = render(source, inputs[name])
        if error is not None:
            print(f"{source!r}: {type(error).__name__}: {error}")
        cases.append({"source": source, "input": name, **result})

    for line in EXPRESSIONS.replace("\\\nc'", "\0").split("\n"):
        add("[{{ " + line.replace("\0", "\\\nc'") + " }}]", "chat")
    for source in TEMPLATES.split("\n---\n"):
        add(source, "chat")
        if "tools" in source:
            add(source, "tools")
        if "reasoning" in source:
            add(source, "reasoning")
        if "nulls" in source:
            add(source, "nulls")
    for source in LINE_ENDS:
        add(source, "chat")
    # A Python float that JSON has no spelling for is written as 1e400.
    text = json.dumps({"inputs": inputs, "cases": cases}, ensure_ascii=False, indent=1).replace("Infinity,", "1e400,", 1)
    (FIXTURES / "chat-templates.json").write_text(text + "\n", encoding="utf-8")
    print(len(cases), "cases")


def published(config):
    source = json.loads(pathlib.Path(config).read_text(encoding="utf-8"))["chat_template"]
    conversations = {
        "plain": {"messages": MESSAGES},
        "prompt": {"messages": MESSAGES[:2], "add_generation_prompt": True},
        "no system": {"messages": MESSAGES[1:]},
        "tools": {"messages": TOOL_MESSAGES, "tools": TOOLS},
        "tools and system": {
            "messages": MESSAGES[:1] + TOOL_MESSAGES[:4],
            "tools": TOOLS,
            "add_generation_prompt": True,
        },
    }
    cases = []
    for name, data in conversations.items():
        result, error = render(source, data)
        if error is not None:
            raise error
        text = result["text"].encode()
        # FNV-1a, which a test can compute without a library.
        digest = 0xCBF29CE484222325
        for byte in text:
            digest = (digest ^ byte) * 0x100000001B3 % 2**64
        cases.append({"name": name, **data, "bytes": len(text), "fnv1a": f"{digest:016x}"})
    data = {"sha256": hashlib.sha256(source.encode()).hexdigest(), "cases": cases}
    text = json.dumps(data, ensure_ascii=False, indent=1)
    (FIXTURES / "chat-template-published.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    FIXTURES.mkdir(parents=True, exist_ok=True)
    published(sys.argv[1]) if len(sys.argv) > 1 else main()
