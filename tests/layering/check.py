#!/usr/bin/env python3
"""Checks the structure of the headers: the layers, the sizes, the documentation, the macros.

    check.py [TREE [RANKS]]

TREE is the include directory (default: this checkout's), RANKS the rank table (default: ranks.txt beside this script).
Prints one line for each breach, then the figures; fails if there is a breach.
"""

import re
import statistics
import sys
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from cpp_outline import Outline

HEADER_LINES = 400
HEADER_MEDIAN = 150
FUNCTION_LINES = 60
SHORT_FUNCTION_LINES = 25
SHORT_FUNCTION_SHARE = 0.9

CORE_RANKS = (0, 1, 2)
SHELL_RANKS = (3, 4)
FACADE_RANKS = (5, 6)
DOCUMENTED_RANKS = (0, 1, 5, 6)
DOCUMENTED_BESIDES = ('config.hpp', 'webhook.hpp')
CONFIGURATION_HEADERS = ('version.hpp', 'detail/config.hpp')
SOURCE_HEADERS = ('src.hpp', 'journal_src.hpp', 'redis_src.hpp')

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
DEFINE = re.compile(r'^[ \t]*#[ \t]*define[ \t]+(\w+)', re.MULTILINE)
ASIO_OR_BEAST = re.compile(r'boost/(asio|beast)[./]')
BEAST_OR_TLS = re.compile(r'boost/(beast[./]|asio/ssl)')


class RankTable:
    """Where each header stands: its rank, and the line of the table, which orders the headers of one rank."""

    def __init__(self, text):
        self.entries = []  # (pattern, rank, line)
        self.tables = set()
        self.completes = {}
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split('#')[0].split()
            if not words:
                continue
            rank, pattern, marks = int(words[0]), words[1], words[2:]
            self.entries.append((pattern, rank, number))
            if marks == ['table']:
                self.tables.add(pattern)
            elif len(marks) == 2 and marks[0] == 'completes':
                self.completes[pattern] = marks[1]
            elif marks:
                raise SystemExit(f'rank table, line {number}: what is "{" ".join(marks)}"?')

    def place(self, name):
        """(rank, line), or None for a header that is not in the table. An exact line goes before a pattern."""
        for pattern, rank, line in self.entries:
            if pattern == name:
                return rank, line
        for pattern, rank, line in self.entries:
            if '*' in pattern and fnmatch(name, pattern):
                return rank, line
        return None

    def names(self):
        return [pattern for pattern, _, _ in self.entries if '*' not in pattern]


class SourceFile:
    """One header or .ipp file; its name is relative to include/replicate."""

    def __init__(self, name, path, table):
        self.name = name
        self.text = path.read_text(encoding='utf-8')
        self.lines = self.text.count('\n')
        self.is_body = name.endswith('.ipp')
        self.header = self._header(path, table)
        self.place = table.place(self.header)
        self.outline = Outline(self.text)
        self.includes = [(self.text.count('\n', 0, match.start()) + 1, match[1], match[2])
                         for match in INCLUDE.finditer(self.text)]

    def _header(self, path, table):
        """What this file completes: by the table, else a header beside it or at the same place outside of impl, or itself."""
        if self.name in table.completes or not self.is_body:
            return table.completes.get(self.name, self.name)
        name = PurePosixPath(self.name).with_suffix('.hpp')
        if path.with_suffix('.hpp').exists():
            return str(name)
        return str(PurePosixPath(*(part for part in name.parts if part != 'impl')))

    @property
    def rank(self):
        return self.place[0]

    @property
    def is_for_bodies(self):
        """In a directory impl: for the bodies of its rank."""
        return 'impl' in PurePosixPath(self.name).parts[:-1]

    @property
    def is_internal(self):
        return self.is_body or not {'detail', 'impl'}.isdisjoint(PurePosixPath(self.name).parts[:-1])


class Checker:
    def __init__(self, tree, table):
        self.tree = Path(tree)
        self.table = table
        self.breaches = []
        self.figures = []
        self.files = {}
        for path in sorted([*self.tree.rglob('*.hpp'), *self.tree.rglob('*.ipp')]):
            relative = path.relative_to(self.tree)
            name = relative.relative_to('replicate') if relative.parts[0] == 'replicate' else Path('..') / relative
            self.files[name.as_posix()] = SourceFile(name.as_posix(), path, table)

    def run(self):
        self.check_places()
        placed = [file for file in self.files.values() if file.place]
        for file in placed:
            self.check_includes(file)
            self.check_foreign_includes(file)
        self.check_cycles(placed)
        self.check_source_header()
        for file in self.files.values():
            self.check_frame(file)
            self.check_macros(file)
        self.check_header_sizes()
        self.check_function_sizes()
        self.check_documentation(placed)
        return self.breaches

    def breach(self, rule, file, line, text):
        where = f'{self.tree.name}/replicate/{file.name}'.replace('replicate/../', '')
        self.breaches.append((rule, f'{where}:{line}: {rule}: {text}'))

    # ---- the layers

    def check_places(self):
        for file in self.files.values():
            if file.header not in self.files:
                self.breach('table', file, 1, f'completes {file.header}, which does not exist; '
                            'add "RANK FILE completes HEADER" to the rank table')
            elif file.place is None:
                self.breach('table', file, 1, 'not in the rank table')

    def own_includes(self, file):
        """(line, included file) for each include of a header of this library."""
        for line, quote, target in file.includes:
            if target == 'replicate.hpp':
                name = '../replicate.hpp'
            elif target.startswith('replicate/'):
                name = target.removeprefix('replicate/')
            elif quote == '"':
                self.breach('include', file, line, f'write <replicate/...>, not "{target}"')
                continue
            else:
                continue
            if name in self.files:
                yield line, self.files[name]
            else:
                self.breach('include', file, line, f'<{target}> does not exist')

    def check_includes(self, file):
        for line, other in self.own_includes(file):
            if other.is_body and not file.is_body and file.name not in SOURCE_HEADERS and not in_header_only_mode(file.text, line):
                self.breach('separate', file, line,
                            f'includes {other.name} outside of #ifndef REPLICATE_SEPARATE_COMPILATION')
            if other.header == file.header or not other.place:
                continue
            if file.is_body and (other.rank in SHELL_RANKS or other.is_for_bodies and other.rank == file.rank):
                continue
            if other.rank > file.rank:
                self.breach('upward', file, line, f'rank {file.rank} includes {other.name} of rank {other.rank}')
            elif other.place > file.place:
                self.breach('upward', file, line,
                            f'{other.name} stands below {file.header} within rank {file.rank} of the table')

    def check_foreign_includes(self, file):
        if file.is_body:
            return
        if file.rank in CORE_RANKS:
            for line, _, target in file.includes:
                if ASIO_OR_BEAST.match(target):
                    self.breach('core', file, line, f'rank {file.rank} includes <{target}>')
        elif file.rank in FACADE_RANKS and not file.is_internal:
            for origin, line, target in self.visible_foreign_includes(file):
                if BEAST_OR_TLS.match(target):
                    way = '' if origin is file else f' through {origin.name}, line {line}'
                    self.breach('wall', file, line if origin is file else 1,
                                f'a public header of rank {file.rank} includes <{target}>{way}')

    def visible_foreign_includes(self, file):
        """Includes from outside that a user of this header compiles in separate mode, where no .ipp is seen."""
        seen, open_files = {file.name}, [file]
        while open_files:
            current = open_files.pop()
            for line, _, target in current.includes:
                if not target.startswith('replicate'):
                    yield current, line, target
                name = '../replicate.hpp' if target == 'replicate.hpp' else target.removeprefix('replicate/')
                other = self.files.get(name)
                if other and not other.is_body and other.name not in seen:
                    seen.add(other.name)
                    open_files.append(other)

    def check_cycles(self, placed):
        """As header-only mode reads the files. That a file includes the header that it completes is no cycle."""
        edges = {}
        for file in placed:
            for _, other in self.own_includes(file):
                if other.name != file.header:
                    edges.setdefault(file.name, set()).add(other.name)
        done = set()
        for start in sorted(edges):
            self.find_cycle(start, edges, [], done)

    def find_cycle(self, name, edges, way, done):
        if name in way:
            cycle = way[way.index(name):] + [name]
            self.breach('cycle', self.files[name], 1, ' -> '.join(cycle))
            return
        if name in done:
            return
        for other in sorted(edges.get(name, ())):
            self.find_cycle(other, edges, way + [name], done)
        done.add(name)

    def check_source_header(self):
        sources = [self.files[name] for name in SOURCE_HEADERS if name in self.files]
        if not sources:
            return
        source = sources[0]
        included = {other.name for each in sources for _, other in self.own_includes(each)}
        for file in self.files.values():
            if file.is_body and file.name not in included:
                self.breach('source', source, 1, f'does not include {file.name}')

    # ---- the frame of each file

    def check_frame(self, file):
        first_lines = '\n'.join(file.text.splitlines()[:4])
        if 'Copyright (c)' not in first_lines or 'Boost Software License' not in first_lines:
            self.breach('frame', file, 1, 'does not begin with the copyright and the license')
        guard = self.guard(file)
        if not re.search(rf'^#ifndef {guard}\n#define {guard}$', file.text, re.MULTILINE):
            self.breach('frame', file, 1, f'has no include guard {guard}')

    @staticmethod
    def guard(file):
        path = 'replicate/' + file.name if not file.name.startswith('../') else file.name[3:]
        return re.sub(r'\W', '_', path).upper()

    def check_macros(self, file):
        for match in DEFINE.finditer(file.text):
            name = match[1]
            configures = file.name in CONFIGURATION_HEADERS and name.startswith('REPLICATE_')
            if name != self.guard(file) and not configures:
                line = file.text.count('\n', 0, match.start()) + 1
                self.breach('macro', file, line, f'defines {name}')

    # ---- sizes

    def check_header_sizes(self):
        for file in self.files.values():
            if file.lines > HEADER_LINES and file.name not in self.table.tables:
                self.breach('header-size', file, file.lines, f'{file.lines} lines; the limit is {HEADER_LINES}')
        sizes = [file.lines for file in self.files.values() if not file.is_body]
        if not sizes:
            return
        median = statistics.median(sizes)
        self.figures.append(f'headers: {len(sizes)}, median {median:g} lines, longest {max(sizes)}')
        bodies = [file.lines for file in self.files.values() if file.is_body]
        if bodies:
            self.figures.append(
                f'.ipp files: {len(bodies)}, median {statistics.median(bodies):g} lines, longest {max(bodies)}')
        if median > HEADER_MEDIAN:
            self.breaches.append(('header-median', f'header-median: {median:g} lines; the limit is {HEADER_MEDIAN}'))

    def check_function_sizes(self):
        sizes = []
        for file in self.files.values():
            for declaration in file.outline.declarations:
                if declaration.kind != 'function' or not declaration.defined:
                    continue
                lines = declaration.last_line - declaration.first_line + 1
                sizes.append(lines)
                if lines > FUNCTION_LINES:
                    self.breach('function-size', file, declaration.first_line,
                                f'{declaration.name} has {lines} lines; the limit is {FUNCTION_LINES}')
        if not sizes:
            return
        sizes.sort()
        short = sum(size <= SHORT_FUNCTION_LINES for size in sizes) / len(sizes)
        tenth = sizes[min(len(sizes) - 1, int(len(sizes) * SHORT_FUNCTION_SHARE))]
        self.figures.append(
            f'functions: {len(sizes)}, median {statistics.median(sizes):g} lines, ninth decile {tenth}, '
            f'longest {sizes[-1]}; {short:.1%} have at most {SHORT_FUNCTION_LINES} lines')
        if short < SHORT_FUNCTION_SHARE:
            self.breaches.append(('function-share', f'function-share: {short:.1%} of the functions have at most '
                                  f'{SHORT_FUNCTION_LINES} lines; the limit is {SHORT_FUNCTION_SHARE:.0%}'))

    # ---- documentation

    def check_documentation(self, placed):
        symbols = 0
        for file in placed:
            if file.is_internal or (file.rank not in DOCUMENTED_RANKS and file.name not in DOCUMENTED_BESIDES):
                continue
            for declaration in file.outline.declarations:
                if not is_public_symbol(declaration):
                    continue
                symbols += 1
                if not declaration.documented:
                    self.breach('documentation', file, declaration.first_line,
                                f'{declaration.kind} {declaration.name} has no /// comment')
        self.figures.append(f'public symbols: {symbols}')


def in_header_only_mode(text, line):
    """Whether this line is read only where REPLICATE_SEPARATE_COMPILATION is not defined."""
    conditions = []
    for directive in text.splitlines()[:line]:
        words = directive.replace('#', ' ').split() if directive.lstrip().startswith('#') else []
        if words[:1] in (['if'], ['ifdef'], ['ifndef']):
            conditions.append(words[:2])
        elif words[:1] == ['endif']:
            conditions.pop()
    return ['ifndef', 'REPLICATE_SEPARATE_COMPILATION'] in conditions


def is_public_symbol(declaration):
    """Whether a user is meant to see this declaration, and it is not one that explains itself."""
    words = [token.text for token in declaration.tokens]
    if not declaration.public or declaration.scope[:1] != ('replicate',) \
            or 'detail' in declaration.scope or '' in declaration.scope:
        return False
    if words[:3] == ['template', '<', '>'] or words[:1] == ['extern']:
        return False
    if declaration.kind == 'class':
        return declaration.defined and not words[:1] == ['friend']
    if declaration.kind == 'function':
        return is_public_function(declaration, words)
    if declaration.kind == 'alias':
        return not declaration.in_class
    return declaration.kind in ('enum', 'concept', 'variable')


def is_public_function(declaration, words):
    name = declaration.name
    own_class = declaration.scope[-1]
    parameters = words[words.index('(') + 1:] if '(' in words else []
    if declaration.in_class:
        copies = name in (own_class, 'operator=') and parameters[:parameters.index(')')].count(',') == 0 \
            and own_class in parameters and any(sign in parameters for sign in ('&', '&&'))
        if name.startswith('~') or copies or words[-2:] in (['=', 'default'], ['=', 'delete']):
            return False
        if 'friend' in words and (name.startswith('operator') or name in ('tag_invoke', 'swap')
                                  or not declaration.defined):
            return False
        return True
    is_macro_call = words[0] == name and name.isupper()
    is_deduction_guide = '->' in words and words[0] in (name, 'explicit', 'template') and 'auto' not in words
    is_defined_elsewhere = f':: {name.replace("~", "~ ")} (' in ' '.join(words) and declaration.defined \
        and not words[0] == '::'
    customises = name == 'tag_invoke' or name in ('operator==', 'operator!=', 'operator<=>')
    return not (is_macro_call or is_deduction_guide or is_defined_elsewhere or customises)


def main(arguments):
    here = Path(__file__).resolve().parent
    tree = Path(arguments[0]) if arguments else here.parent.parent / 'include'
    ranks = Path(arguments[1]) if len(arguments) > 1 else here / 'ranks.txt'
    checker = Checker(tree, RankTable(ranks.read_text(encoding='utf-8')))
    breaches = list(dict.fromkeys(text for _, text in checker.run()))
    for text in breaches:
        print(text)
    for figure in checker.figures:
        print(figure)
    missing = [name for name in checker.table.names() if name not in checker.files]
    if missing:
        print('in the table, not in the tree:', ', '.join(missing))
    print(f'{len(breaches)} breaches' if breaches else 'no breaches')
    return 1 if breaches else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
