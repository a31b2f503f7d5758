#!/usr/bin/env python3
"""Finds in coroutines the forms that g++ 12 compiles wrongly, without a word, or that outlive what they refer to.

    check_coroutines.py [FILE...]

Default: all of include and examples. Prints one line for each breach; fails if there is one. The rules, each for the whole
expression that holds a `co_await` unless it says otherwise:

    braces       no braced list: an aggregate made there is destroyed twice, an initializer_list does not compile
    conditional  no ?: for what it makes is destroyed twice
    capture      no closure that owns something: it is destroyed twice
    closure      a coroutine is no closure with captures: the coroutine refers to them after the closure is gone
    local        a coroutine with `co_await` in the condition of an if or a while has a variable at its outermost scope:
                 without one, g++ 12 loses its place
    reference    no parameter of a coroutine can refer to a temporary (const&, &&, a view): it may be gone after the first
                 suspension. A reference to something that is not const is the caller's own variable.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / 'layering'))
from cpp_outline import CLOSE, OPEN, Outline  # noqa: E402

CONTROL = ('if', 'while', 'for', 'switch', 'catch')
AWAITING = ('co_await', 'co_yield')
NOT_A_TYPE = ('co_await', 'co_return', 'co_yield', 'return', 'throw', 'delete', 'new', 'using', 'else', 'case', 'goto')
# Not mutable_buffer: nobody makes a temporary to have it written into.
VIEWS = ('string_view', 'span', 'const_buffer')


@dataclass
class Expression:
    tokens: list  # without the bodies of closures
    condition_of: str  # if, while... or ''
    is_outermost: bool


@dataclass
class Closure:
    line: int
    captures: list
    parameters: list
    body: range
    expression: Expression


class Body:
    """The expressions of one function or closure, and the closures in them."""

    def __init__(self, outline, body):
        self.outline = outline
        self.tokens = outline.tokens
        self.expressions = []
        self.closures = []
        self._block(body.start, body.stop, True)

    def is_coroutine(self):
        return any(t.text in (*AWAITING, 'co_return') for e in self.expressions for t in e.tokens)

    def _block(self, i, end, is_outermost):
        while i < end:
            text = self.tokens[i].text
            if text == '{':
                after = self.outline.after_group(i)
                self._block(i + 1, after - 1, False)
                i = after
            elif text in CONTROL:
                i += 1
                while self.tokens[i].text != '(':  # if constexpr
                    i += 1
                after = self.outline.after_group(i)
                self._expression(i + 1, after - 1, text, False)
                i = after
            elif text in ('else', 'do', 'try', ';'):
                i += 1
            else:
                i = self._expression(i, end, '', is_outermost)

    def _expression(self, i, end, condition_of, is_outermost):
        """Reads to the `;` or, in a condition, to the end; answers the index behind it."""
        expression = Expression([], condition_of, is_outermost)
        self.expressions.append(expression)
        depth = 0
        while i < end:
            token = self.tokens[i]
            if token.text == ';' and depth == 0 and not condition_of:
                return i + 1
            body = self._closure_body(i) if token.text == '[' else None
            if body is not None:
                self._add_closure(i, body, expression)
                i = self.outline.after_group(body)
                continue
            depth += (token.text in OPEN) - (token.text in CLOSE)
            expression.tokens.append(token)
            i += 1
        return i

    def _closure_body(self, i):
        """The index of the `{` that opens the body, if a closure begins at the `[` at i."""
        before = self.tokens[i - 1]
        if before.text in (')', ']') or before.kind == 'text' \
                or (before.kind == 'word' and before.text not in NOT_A_TYPE):
            return None
        i = self.outline.after_group(i)
        if i < len(self.tokens) and self.tokens[i].text == '(':
            i = self.outline.after_group(i)
        while i < len(self.tokens) and self.tokens[i].text not in ('{', ';', ')', '}', '=', ']'):
            i = self.outline.after_group(i) if self.tokens[i].text == '(' else i + 1
        return i if i < len(self.tokens) and self.tokens[i].text == '{' else None

    def _add_closure(self, i, body, expression):
        after = self.outline.after_group(i)
        parameters = []
        if self.tokens[after].text == '(':
            parameters = self.tokens[after + 1:self.outline.after_group(after) - 1]
        inside = range(body + 1, self.outline.after_group(body) - 1)
        self.closures.append(Closure(
            self.tokens[i].line, split(self.tokens[i + 1:after - 1]), parameters, inside, expression))


def split(tokens):
    """The lists between the commas that stand outside of all brackets."""
    parts, depth = [[]], 0
    for token in tokens:
        depth += (token.text in (*OPEN, '<')) - (token.text in (*CLOSE, '>'))
        if token.text == ',' and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def owns(capture):
    texts = [token.text for token in capture]
    return texts not in (['this'], ['&']) and not texts[0] == '&' and texts[:2] != ['*', 'this'] or texts == ['=']


def declares_variable(tokens):
    """Whether a statement looks like `type name = ...`."""
    if not tokens or tokens[0].text in NOT_A_TYPE:
        return False
    if tokens[0].text == 'auto':
        return True
    angles = 0
    for before, token in zip(tokens, tokens[1:] + tokens[:0]):
        angles += {'<': 1, '>': -1}.get(before.text, 0)
        if before.text in ('=', '(', '{', '.', '->', '+', '-', '!'):
            return False
        if angles == 0 and token.kind == 'word' and (before.kind == 'word' or before.text in ('>', '&', '*', '&&')):
            return True
    return False


class Checker:
    def __init__(self, name, text):
        self.name = name
        self.breaches = []
        self.outline = Outline(text)
        for declaration in self.outline.declarations:
            if declaration.kind == 'function' and declaration.body:
                self.check_function(self.outline.parameters(declaration), declaration.body, declaration.name)

    def breach(self, rule, line, text):
        self.breaches.append((rule, f'{self.name}:{line}: {rule}: {text}'))

    def check_function(self, parameters, indices, name):
        body = Body(self.outline, indices)
        if body.is_coroutine():
            self.check_parameters(parameters, name)
            self.check_local(body, name)
            for expression in body.expressions:
                self.check_expression(expression)
        for closure in body.closures:
            self.check_closure(closure)
            self.check_function(closure.parameters, closure.body, 'a closure')

    def check_parameters(self, tokens, name):
        for parameter in split(tokens):
            texts = [token.text for token in parameter]
            if '&&' in texts or ('&' in texts and 'const' in texts) or not set(VIEWS).isdisjoint(texts):
                self.breach('reference', parameter[0].line, f'the coroutine {name} takes "{" ".join(texts)}"')

    def check_local(self, body, name):
        conditions = [e for e in body.expressions if e.condition_of in ('if', 'while') and awaits(e)]
        if conditions and not any(e.is_outermost and declares_variable(e.tokens) for e in body.expressions):
            self.breach('local', conditions[0].tokens[0].line, f'{name} awaits in a condition and has no variable')

    def check_expression(self, expression):
        if not awaits(expression):
            return
        for token in expression.tokens:
            if token.text == '{':
                self.breach('braces', token.line, 'a braced list in an expression with co_await')
            elif token.text == '?':
                self.breach('conditional', token.line, '?: in an expression with co_await')

    def check_closure(self, closure):
        if awaits(closure.expression) and any(owns(capture) for capture in closure.captures):
            self.breach('capture', closure.line, 'a closure that owns something in an expression with co_await')
        if closure.captures and Body(self.outline, closure.body).is_coroutine():
            self.breach('closure', closure.line, 'a coroutine that is a closure with captures')


def awaits(expression):
    return any(token.text in AWAITING for token in expression.tokens)


def main(arguments):
    top = here.parent.parent
    paths = [Path(argument) for argument in arguments] or [
        path for directory in ('include', 'examples') for path in sorted((top / directory).rglob('*.[chi]pp'))]
    breaches = []
    for path in paths:
        name = path.relative_to(top) if path.is_relative_to(top) else path
        breaches += [text for _, text in Checker(name, path.read_text(encoding='utf-8')).breaches]
    for text in breaches:
        print(text)
    print(f'{len(paths)} files, {len(breaches) or "no"} breaches')
    return 1 if breaches else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
