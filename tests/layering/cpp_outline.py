"""The outline of a C++ file: its declarations, where they begin and end, and whether a `///` comment stands before them.

Not a compiler: it knows the forms that occur in this library, which the tests of the checker hold.
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r'''(?P<space>[ \t\r\f\v]+|\\\n)
      | (?P<newline>\n)
      | (?P<comment>//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/)
      | (?P<raw>(?:u8|[uUL])?R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)")
      | (?P<text>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
      | (?P<letter>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
      | (?P<number>\.?\d(?:'?[\w.]|[eEpP][+-])*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>::|->|\.\.\.|&&|\|\||<=>|==|!=|<=|>=|[^\s\w])''',
    re.VERBOSE | re.DOTALL)

OPEN = {'(': ')', '[': ']', '{': '}'}
CLOSE = set(OPEN.values())


@dataclass
class Token:
    text: str
    line: int
    kind: str


@dataclass
class Declaration:
    kind: str  # function, class, enum, alias, variable, concept, other
    name: str
    first_line: int
    last_line: int
    scope: tuple  # names of the enclosing namespaces and classes
    public: bool  # no enclosing access specifier hides it
    in_class: bool
    documented: bool
    defined: bool  # has a body
    tokens: list = field(repr=False, default_factory=list)  # of all but the body
    body: range = range(0)  # the indices of the tokens between the braces of a function


class Outline:
    """Tokens without comments and preprocessor lines, and the declarations found in them."""

    def __init__(self, text):
        self.documentation_ends = set()  # last lines of `///` and `/**` comments
        self.trailing_documentation = set()  # lines with `///<`
        self.skipped_lines = set()  # preprocessor lines
        self.tokens = []
        self.declarations = []
        self._read(text)
        self._documented_signatures = set()
        self._scope(0, (), True, None)

    # ---- tokens

    def _read(self, text):
        line, position, line_is_empty = 1, 0, True
        while position < len(text):
            if text[position] == '#' and line_is_empty:
                end = self._end_of_directive(text, position)
                lines = text.count('\n', position, end)
                self.skipped_lines.update(range(line, line + lines + 1))
                line, position = line + lines, end
                continue
            match = TOKEN.match(text, position)
            kind, value = match.lastgroup if match.lastgroup != 'fence' else 'raw', match.group()
            last_line = line + value.count('\n')
            if kind == 'newline':
                line_is_empty = True
            elif kind == 'comment':
                self._note_comment(value, last_line)
            elif kind != 'space':
                line_is_empty = False
                self.tokens.append(Token(value, line, kind))
            line, position = last_line, match.end()

    @staticmethod
    def _end_of_directive(text, position):
        match = re.compile(r'(?:[^\n\\]|\\\n|\\.)*', re.DOTALL).match(text, position)
        return match.end()

    def _note_comment(self, value, last_line):
        if value.startswith(('///<', '/**<')):
            self.trailing_documentation.add(last_line)
        elif value.startswith(('///', '/**')):
            self.documentation_ends.add(last_line)

    def _has_documentation(self, first_line, last_line):
        if last_line in self.trailing_documentation:
            return True
        line = first_line - 1
        while line in self.skipped_lines:
            line -= 1
        return line in self.documentation_ends or first_line in self.documentation_ends

    # ---- matching

    def after_group(self, i):
        """The index behind the bracket that closes the one at i."""
        depth = 0
        while i < len(self.tokens):
            text = self.tokens[i].text
            if text in OPEN:
                depth += 1
            elif text in CLOSE:
                depth -= 1
                if depth == 0:
                    return i + 1
            i += 1
        return i

    def _after_angles(self, i):
        """The index behind the `>` that closes the `<` at i, or i itself where there is none."""
        depth, start = 0, i
        while i < len(self.tokens):
            text = self.tokens[i].text
            if text in '([{':
                i = self.after_group(i)
                continue
            if text == '<':
                depth += 1
            elif text == '>':
                depth -= 1
                if depth == 0:
                    return i + 1
            elif text == ';' or text in CLOSE:
                break
            i += 1
        return start

    # ---- scopes

    def _scope(self, i, path, public, class_name):
        """Reads the declarations of one namespace or class, to the index behind its closing brace."""
        visible = public and class_name is None
        if class_name is not None:
            visible = public and class_name[1] != 'class'
        while i < len(self.tokens):
            text = self.tokens[i].text
            if text == '}':
                return i + 1
            if text == ';':
                i += 1
            elif class_name is not None and text in ('public', 'protected', 'private') \
                    and self.tokens[i + 1].text == ':':
                visible = public and text == 'public'
                i += 2
            else:
                i = self._declaration(i, path, visible, class_name is not None)
        return i

    def _declaration(self, start, path, public, in_class):
        """Reads one declaration; answers the index behind it."""
        i, head = start, []
        initialised = in_constructor_list = False
        while i < len(self.tokens):
            token = self.tokens[i]
            text = token.text
            if text == 'template' and i + 1 < len(self.tokens) and self.tokens[i + 1].text == '<':
                end = self._after_angles(i + 1)
                head += self.tokens[i:end]
                i = max(end, i + 2)
            elif text in '([':
                end = self.after_group(i)
                head += self.tokens[i:end]
                i = end
            elif text == ';':
                self._add(head, start, i, path, public, in_class, defined=False)
                return i + 1
            elif text == '}':
                return i  # not a declaration; the scope ends here
            elif text == '{':
                if self._opens_namespace(head):
                    return self._scope(i + 1, path + self._namespace_names(head), public, None)
                if not initialised and self._opens_class(head):
                    return self._class(head, start, i, path, public, in_class)
                body = not initialised and self._opens_body(head, in_constructor_list)
                end = self.after_group(i)
                if body:
                    added = self._add(head, start, end - 1, path, public, in_class, defined=True)
                    added.body = range(i + 1, end - 1)
                    return end
                head += self.tokens[i:end]
                i = end
            else:
                if text == '=' and not (head and head[-1].text == 'operator'):
                    initialised = True
                if text == ':' and self._has_parameters(head) and not initialised:
                    in_constructor_list = True
                head.append(token)
                i += 1
        return i

    def _class(self, head, start, i, path, public, in_class):
        name, key = self._class_name(head)
        declaration = self._add(head, start, i, path, public, in_class, defined=True)
        end = self._scope(i + 1, path + (name,), public and declaration.kind == 'class', (name, key))
        while end < len(self.tokens) and self.tokens[end].text not in (';', '}'):
            end = self.after_group(end) if self.tokens[end].text in OPEN else end + 1
        return end + 1 if end < len(self.tokens) and self.tokens[end].text == ';' else end

    # ---- what a declaration is

    @staticmethod
    def _flat(head):
        """The tokens outside of all brackets and outside of the parameter lists of templates."""
        flat, depth, i = [], 0, 0
        while i < len(head):
            text = head[i].text
            if text == 'template' and i + 1 < len(head) and head[i + 1].text == '<':
                angles = 0
                i += 1
                while i < len(head):
                    angles += {'<': 1, '>': -1}.get(head[i].text, 0)
                    i += 1
                    if angles == 0:
                        break
                continue
            if text in CLOSE:
                depth -= 1
            if depth == 0:
                flat.append(head[i])
            if text in OPEN:
                depth += 1
            i += 1
        return flat

    def _opens_namespace(self, head):
        words = [token.text for token in head[:3]]
        return words[:1] == ['namespace'] or words[:2] == ['inline', 'namespace'] \
            or (words[:1] == ['extern'] and head[-1].kind == 'text')

    @staticmethod
    def _namespace_names(head):
        names = tuple(t.text for t in head if t.kind == 'word' and t.text not in ('inline', 'namespace', 'extern'))
        return names or ('',)  # an unnamed namespace

    @staticmethod
    def _class_key(flat):
        for i, token in enumerate(flat):
            if token.text == 'enum':
                return None
            if token.text in ('class', 'struct', 'union'):
                return i
        return None

    def _opens_class(self, head):
        flat = self._flat(head)
        key = self._class_key(flat)
        if key is None:
            return False
        rest = [t.text for t in flat[key + 1:]]
        for i, text in enumerate(rest):
            if text == '(' and rest[i - 1] not in ('alignas', 'decltype'):
                return ':' in rest[:i]
        return True

    def _class_name(self, head):
        flat = self._flat(head)
        key = self._class_key(flat)
        name = ''
        for i in range(key + 1, len(flat)):
            text = flat[i].text
            if text in (':', '<', 'final', ';'):
                break
            if flat[i].kind == 'word' and text != 'alignas':
                name = text
        return name, flat[key].text

    def _parameter_list(self, head):
        """The index in head of the `(` that opens the parameters, or None: the first one that follows a name."""
        depth = angles = 0
        for i, token in enumerate(head):
            text = token.text
            if text == '(' and depth == 0 and angles <= 0 and i > 0:
                before = head[i - 1]
                names = before.kind == 'word' and before.text not in (
                    'requires', 'alignas', 'decltype', 'explicit', 'noexcept', '__attribute__', 'return')
                if names or before.text == '>' or self._operator_before(head, i):
                    if not (before.text == 'operator'):  # `operator()(`: the second pair
                        return i
            if text in OPEN:
                depth += 1
            elif text in CLOSE:
                depth -= 1
            elif depth == 0 and text == '<' and not self._operator_before(head, i + 1):
                angles += 1
            elif depth == 0 and text == '>' and not self._operator_before(head, i + 1):
                angles -= 1
        return None

    @staticmethod
    def _operator_before(head, i):
        return any(head[j].text == 'operator' for j in range(max(0, i - 4), i)
                   if all(t.kind == 'sign' or t.kind == 'text' for t in head[j + 1:i]))

    def _has_parameters(self, head):
        return self._parameter_list(head) is not None

    def _opens_body(self, head, in_constructor_list):
        if not head or not self._has_parameters(head):
            return False
        last = head[-1].text
        if self._ends_with_requires_expression(head):
            return False
        if any(t.text == 'enum' for t in self._flat(head)[:1]):
            return False
        if in_constructor_list:
            return last in (')', '}', '...')
        return True

    def _ends_with_requires_expression(self, head):
        end = len(head)
        if head[-1].text == ')':
            depth = 0
            for i in range(len(head) - 1, -1, -1):
                depth += {')': 1, '(': -1}.get(head[i].text, 0)
                if depth == 0:
                    end = i
                    break
        if end == 0 or head[end - 1].text != 'requires':
            return False
        return end == len(head) or (end >= 2 and head[end - 2].text in ('requires', '=', '&&', '||', '(', '!'))

    # ---- declarations

    def _add(self, head, start, last, path, public, in_class, defined):
        kind, name = self._classify(head)
        first_line, last_line = self.tokens[start].line, self.tokens[min(last, len(self.tokens) - 1)].line
        documented = self._has_documentation(first_line, last_line)
        signature = (path, kind, name, self._signature(head) if kind == 'function' else '')
        previous = self.declarations[-1] if self.declarations else None
        if not documented and signature in self._documented_signatures:
            documented = True  # the definition of what was declared, and described, above
        if not documented and previous and previous.documented and previous.last_line == first_line - 1 \
                and (previous.scope, previous.kind, previous.name) == (path, kind, name):
            documented = True  # overloads directly below one another share a description
        if documented:
            self._documented_signatures.add(signature)
        declaration = Declaration(
            kind, name, first_line, last_line, path, public, in_class, documented, defined, head)
        self.declarations.append(declaration)
        return declaration

    def _classify(self, head):
        flat = self._flat(head)
        words = [t.text for t in flat]
        if not words:
            return 'other', ''
        if words[0] in ('static_assert', 'using') and '=' not in words or words[0] in ('namespace', 'typedef'):
            return 'other', ''
        if words[0] == 'using':
            return 'alias', words[1]
        if 'concept' in words[:2]:
            return 'concept', words[words.index('concept') + 1]
        if 'enum' in words[:2]:
            names = [w for w in words if w not in ('enum', 'class', 'struct')]
            return 'enum', names[0] if names else ''
        parameters = self._parameter_list(head)
        initialiser = words.index('=') if '=' in words and 'operator' not in words else len(words)
        if parameters is not None and ('(' in words[:initialiser]):
            return 'function', self._function_name(head, parameters)
        if self._class_key(flat) is not None and not ('=' in words):
            return 'class', self._class_name(head)[0]
        names = [w.text for w in flat[:initialiser] if w.kind == 'word']
        return 'variable', names[-1] if names else ''

    @staticmethod
    def _function_name(head, parameters):
        i = parameters - 1
        if head[i].text == '>':  # the arguments of a specialisation
            depth = 0
            while i >= 0:
                depth += {'>': 1, '<': -1}.get(head[i].text, 0)
                i -= 1
                if depth == 0:
                    break
        for j in range(max(0, i - 3), i + 1):
            if head[j].text == 'operator':
                return 'operator' + ''.join(t.text for t in head[j + 1:parameters])
        name = head[i].text
        if i > 0 and head[i - 1].text == '~':
            name = '~' + name
        return name

    def parameters(self, declaration):
        """The tokens between the parentheses of a function."""
        start, depth = self._parameter_list(declaration.tokens), 0
        for i in range(start, len(declaration.tokens)):
            depth += {'(': 1, ')': -1}.get(declaration.tokens[i].text, 0)
            if depth == 0:
                return declaration.tokens[start + 1:i]
        return []

    def _signature(self, head):
        """The types and names of the parameters without their default arguments."""
        start = self._parameter_list(head)
        parts, depth, skipping = [], 0, False
        for token in head[start:]:
            if token.text in OPEN:
                depth += 1
            elif token.text in CLOSE:
                depth -= 1
                if depth == 0:
                    break
            if token.text == '=' and depth == 1:
                skipping = True
            elif token.text == ',' and depth == 1:
                skipping = False
            if not skipping:
                parts.append(token.text)
        return ' '.join(parts)
