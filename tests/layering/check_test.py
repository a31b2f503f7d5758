#!/usr/bin/env python3
"""Shows that every rule of check.py fires on a tree that breaks it, and on no other."""

import tempfile
import unittest
from pathlib import Path

from check import Checker, RankTable
from cpp_outline import Outline

RANKS = '''
0 detail/config.hpp
0 version.hpp
0 first.hpp
0 second.hpp   # below first.hpp
1 value.hpp
2 core/decider.hpp
3 io/wire.hpp
4 detail/operation.hpp
5 client.hpp
5 impl/client_more.ipp completes client.hpp
6 testing/*.hpp
6 impl/testing/*.hpp
6 ../replicate.hpp
7 src.hpp
'''


def header(name, content='', guard=None):
    path = name[3:] if name.startswith('../') else 'replicate/' + name
    guard = guard or ''.join(c if c.isalnum() else '_' for c in path).upper()
    return ('// Copyright (c) 2026 The replicate authors\n// Distributed under the Boost Software License, Version 1.0.\n'
            f'\n#ifndef {guard}\n#define {guard}\n\n{content}\n#endif\n')


def includes(*names):
    return ''.join(f'#include <{name}>\n' for name in names)


def bodies(*names):
    return f'#ifndef REPLICATE_SEPARATE_COMPILATION\n{includes(*names)}#endif\n'


def public(content):
    return f'namespace replicate {{\n\n{content}\n}} // namespace replicate\n'


class TreeTest(unittest.TestCase):
    def check(self, files, ranks=RANKS):
        """The breaches of a tree given as name -> content inside the frame, or raw bytes for no frame."""
        with tempfile.TemporaryDirectory() as directory:
            tree = Path(directory) / 'include'
            for name, content in files.items():
                path = tree / 'replicate' / name if not name.startswith('../') else tree / name[3:]
                path.parent.mkdir(parents=True, exist_ok=True)
                text = content.decode() if isinstance(content, bytes) else header(name, content)
                path.write_text(text, encoding='utf-8')
            self.checker = Checker(tree, RankTable(ranks))
            return self.checker.run()

    def rules(self, files, ranks=RANKS):
        return sorted({rule for rule, _ in self.check(files, ranks)})

    def expect(self, rule, files, ranks=RANKS):
        self.assertEqual(self.rules(files, ranks), [rule])

    def expect_clean(self, files, ranks=RANKS):
        self.assertEqual(self.check(files, ranks), [])


class Layers(TreeTest):
    def test_a_tree_that_keeps_the_rules_has_no_breach(self):
        self.expect_clean({
            'first.hpp': public('/// A.\nint a();\n'),
            'second.hpp': includes('replicate/first.hpp'),
            'io/wire.hpp': includes('replicate/second.hpp', 'boost/asio/ssl.hpp', 'boost/beast.hpp'),
            'detail/operation.hpp': includes('replicate/io/wire.hpp'),
            'client.hpp': includes('replicate/first.hpp', 'boost/asio/awaitable.hpp')
                          + bodies('replicate/impl/client.ipp', 'replicate/impl/client_more.ipp'),
            'impl/client.ipp': includes('replicate/client.hpp', 'replicate/detail/operation.hpp'),
            'impl/client_more.ipp': includes('replicate/client.hpp', 'boost/beast.hpp'),
            'testing/server.hpp': includes('replicate/client.hpp') + bodies('replicate/impl/testing/server.ipp'),
            'impl/testing/server.ipp': includes('replicate/testing/server.hpp', 'replicate/impl/testing/service.hpp'),
            'impl/testing/service.hpp': includes('boost/asio/ssl.hpp'),
            'impl/testing/service.ipp': includes('replicate/impl/testing/service.hpp'),
            '../replicate.hpp': includes('replicate/client.hpp'),
            'src.hpp': includes('replicate/impl/client.ipp', 'replicate/impl/client_more.ipp',
                                'replicate/impl/testing/server.ipp', 'replicate/impl/testing/service.ipp'),
        })

    def test_a_header_that_is_not_in_the_table(self):
        self.expect('table', {'stranger.hpp': ''})

    def test_a_body_whose_header_does_not_exist(self):
        self.expect('table', {'impl/nothing.ipp': ''})

    def test_an_include_of_a_higher_rank(self):
        self.expect('upward', {'first.hpp': includes('replicate/value.hpp'), 'value.hpp': ''})

    def test_an_include_of_a_later_line_of_the_same_rank(self):
        self.expect('upward', {'first.hpp': includes('replicate/second.hpp'), 'second.hpp': ''})

    def test_a_body_that_includes_a_higher_rank_than_operations(self):
        self.expect('upward', {'detail/operation.hpp': bodies('replicate/detail/impl/operation.ipp'),
                               'detail/impl/operation.ipp': includes('replicate/client.hpp'),
                               'client.hpp': ''})

    def test_a_body_of_a_low_rank_may_see_shells_and_operations(self):
        self.expect_clean({'value.hpp': '', 'impl/value.ipp': includes('replicate/value.hpp', 'replicate/io/wire.hpp'),
                           'io/wire.hpp': ''})

    def test_a_body_that_separate_mode_would_see(self):
        self.expect('separate', {'client.hpp': includes('replicate/impl/client.ipp'),
                                 'impl/client.ipp': includes('replicate/client.hpp')})

    def test_a_header_that_includes_the_body_of_a_later_one(self):
        self.expect('upward', {'first.hpp': bodies('replicate/impl/client.ipp'), 'client.hpp': '',
                               'impl/client.ipp': includes('replicate/client.hpp')})

    def test_a_cycle_of_two_headers_that_one_line_of_the_table_places(self):
        self.expect('cycle', {'testing/server.hpp': includes('replicate/testing/script.hpp'),
                              'testing/script.hpp': includes('replicate/testing/server.hpp')})

    def test_a_cycle_through_a_body(self):
        self.expect('cycle', {'value.hpp': bodies('replicate/impl/value.ipp'),
                              'impl/value.ipp': includes('replicate/value.hpp', 'replicate/io/wire.hpp'),
                              'io/wire.hpp': includes('replicate/value.hpp')})

    def test_a_header_and_its_rest_in_another_one_are_no_cycle(self):
        files = {'value.hpp': includes('replicate/detail/value_json.hpp'),
                 'detail/value_json.hpp': includes('replicate/value.hpp', 'replicate/first.hpp'), 'first.hpp': ''}
        self.expect_clean(files, RANKS + '1 detail/value_json.hpp completes value.hpp\n')
        self.assertIn('cycle', self.rules(files, RANKS + '1 detail/value_json.hpp\n'))

    def test_an_include_that_is_not_there(self):
        self.expect('include', {'first.hpp': includes('replicate/gone.hpp')})

    def test_an_include_in_quotation_marks(self):
        self.expect('include', {'second.hpp': '#include "first.hpp"\n', 'first.hpp': ''})

    def test_a_body_that_the_source_header_forgot(self):
        self.expect('source', {'client.hpp': '', 'impl/client.ipp': includes('replicate/client.hpp'), 'src.hpp': ''})


class ForeignIncludes(TreeTest):
    def test_asio_in_each_rank_of_the_cores(self):
        for name in ('first.hpp', 'value.hpp', 'core/decider.hpp'):
            self.expect('core', {name: includes('boost/asio/awaitable.hpp')})

    def test_beast_and_tls_in_a_core(self):
        self.expect('core', {'core/decider.hpp': includes('boost/beast/http/parser.hpp')})
        self.expect('core', {'core/decider.hpp': includes('boost/asio/ssl/error.hpp')})

    def test_json_and_openssl_in_a_core_are_allowed(self):
        self.expect_clean({'core/decider.hpp': includes('boost/json/value.hpp', 'openssl/hmac.h')})

    def test_beast_in_a_public_header(self):
        self.expect('wall', {'client.hpp': includes('boost/beast/core.hpp')})
        self.expect('wall', {'testing/server.hpp': includes('boost/beast.hpp')})

    def test_tls_in_a_public_header(self):
        self.expect('wall', {'client.hpp': includes('boost/asio/ssl/context.hpp')})
        self.expect('wall', {'client.hpp': includes('boost/asio/ssl.hpp')})

    def test_beast_behind_a_public_header(self):
        self.expect('wall', {'client.hpp': includes('replicate/io/wire.hpp'), 'io/wire.hpp': includes('boost/beast.hpp')})

    def test_an_internal_header_of_the_top_ranks_may_use_tls(self):
        self.expect_clean({'testing/detail/peer.hpp': includes('boost/asio/ssl.hpp')})
        self.expect_clean({'impl/testing/peer.hpp': includes('boost/asio/ssl.hpp')})


class Frame(TreeTest):
    def test_a_header_without_the_license(self):
        text = header('first.hpp').replace('Boost Software License', 'license')
        self.expect('frame', {'first.hpp': text.encode()})

    def test_a_guard_that_does_not_say_the_path(self):
        self.expect('frame', {'first.hpp': header('first.hpp', guard='REPLICATE_FRIST_HPP').replace(
            '#define REPLICATE_FRIST_HPP\n', '').encode()})

    def test_a_macro(self):
        self.expect('macro', {'first.hpp': '#define REPLICATE_TRY(x) x\n'})
        self.expect('macro', {'detail/config.hpp': '#  define SHORT(x) x\n'})

    def test_macros_of_version_and_configuration_are_allowed(self):
        self.expect_clean({'version.hpp': '#define REPLICATE_VERSION 1\n',
                           'detail/config.hpp': '#define REPLICATE_DECL inline\n'})


class Sizes(TreeTest):
    def test_a_long_header(self):
        files = {'first.hpp': '\n' * 400, 'second.hpp': '', 'value.hpp': ''}
        self.expect('header-size', files)
        self.expect_clean(files, RANKS.replace('0 first.hpp', '0 first.hpp table'))

    def test_a_long_body(self):
        self.expect('header-size', {'client.hpp': '', 'impl/client.ipp': '\n' * 400})

    def test_a_high_median(self):
        self.expect('header-median', {'first.hpp': '\n' * 160, 'second.hpp': '\n' * 160, 'value.hpp': ''})

    def test_a_long_function(self):
        short = ''.join(f'/// Short.\nvoid s{i}()\n{{\n}}\n' for i in range(9))
        for lines, rules in ((58, []), (59, ['function-size'])):
            function = '/// Long.\nvoid f()\n{\n' + '    g();\n' * (lines - 1) + '}\n'
            self.assertEqual(self.rules({'first.hpp': public(short + function)}), rules)

    def test_too_many_functions_of_middle_size(self):
        function = '/// Middle.\nvoid f{}()\n{{\n' + '    g();\n' * 30 + '}}\n'
        short = '/// Short.\nvoid f{}()\n{{\n}}\n'
        for middle, rules in ((1, []), (2, ['function-share'])):
            functions = [function.format(i) for i in range(middle)] + [short.format(i) for i in range(middle, 10)]
            self.assertEqual(self.rules({'first.hpp': public(''.join(functions))}), rules)

    def test_the_figures_are_given(self):
        self.check({'first.hpp': public('/// A.\nvoid f()\n{\n}\n'), 'second.hpp': ''})
        self.assertEqual(self.checker.figures[0], 'headers: 2, median 12 lines, longest 16')
        self.assertIn('functions: 1, median 3 lines, ninth decile 3, longest 3', self.checker.figures[1])


class Documentation(TreeTest):
    def undocumented(self, content, name='first.hpp'):
        return [text.split('documentation: ')[1].removesuffix(' has no /// comment')
                for rule, text in self.check({name: content}) if rule == 'documentation']

    def test_each_kind_of_symbol_is_missed(self):
        content = public('''
class c {};
struct s;
struct t { int member; void f(); enum class e { a }; class d {}; };
enum class e { a };
int f();
template<class T> requires (sizeof(T) > 1) T g(T t = {}) noexcept;
using text = char;
inline constexpr int variable{3};
template<class T> concept small = requires (T t) { t.x; };
''')
        self.assertEqual(self.undocumented(content), [
            'class c', 'class t', 'variable member', 'function f', 'enum e', 'class d', 'enum e', 'function f',
            'function g', 'alias text', 'variable variable', 'concept small'])

    def test_members_of_a_class_are_missed_only_where_they_are_public(self):
        content = public('''
/// C.
class c : public std::vector<int> {
    int a();
public:
    explicit c(int i) : i_{i}, j_(i) {}
    int b() const { return i_; }
    bool operator()(int) const;
    friend int h(c const&) { return 1; }
protected:
    int d();
private:
    int i_, j_;
};
''')
        self.assertEqual(self.undocumented(content), ['function c', 'function b', 'function operator()', 'function h'])

    def test_what_is_documented_or_explains_itself_is_not_missed(self):
        self.assertEqual(self.undocumented(public('''
/// Known before its definition.
int later(int count = 1);

/// C.
template<class T>
class c {
public:
    c(c const& other);
    c(c&&) noexcept;
    ~c();
    c& operator=(c const&);
    c() = default;
    using value_type = T;
    using base::base;
    friend class other;
    friend bool operator==(c const& a, c const& b) { return a.x == b.x; }
    /// Overloads below one another share a comment.
    void set(int);
    void set(char);
    int x = 0; ///< X.
    int y = 0; /**< Y. */
    /// Under a condition.
#ifdef SOMETHING
    int z = 0;
#endif
    [[nodiscard]] int take() = delete;
};

/// E.
enum class e : int { a = 1, b = '}' };

inline int later(int count)
{
    return count;
}
template<class T>
void c<T>::set(int)
{
}
class declared;
template<> class c<int> {};
template<class T> c(T) -> c<T>;
static_assert(sizeof(e) == 4, "text with { and ;");
using std::swap;
namespace json = boost::json;
SOME_MACRO(c, (x))
/// R"(raw { )" in a value
inline constexpr auto text = R"x(" { )x";
''')), [])

    def test_details_and_other_namespaces_are_not_missed(self):
        self.assertEqual(self.undocumented('''
namespace replicate::detail { int f(); struct s { int i; }; }
namespace replicate { namespace detail { int f(); } namespace { int g(); } }
namespace boost::system { template<> struct is_error_code_enum<replicate::errc> : std::true_type {}; }
namespace std { template<> struct hash<replicate::id> { int operator()(replicate::id) const; }; }
'''), [])

    def test_the_ranks_that_users_see_are_checked_and_no_others(self):
        content = public('int f();\n')
        ranks = RANKS.replace('2 core/decider.hpp', '2 config.hpp\n2 webhook.hpp\n2 core/decider.hpp')
        expected = {'first.hpp': 1, 'value.hpp': 1, 'config.hpp': 1, 'webhook.hpp': 1, 'client.hpp': 1,
                    'testing/server.hpp': 1, 'core/decider.hpp': 0, 'io/wire.hpp': 0, 'detail/operation.hpp': 0,
                    'testing/detail/peer.hpp': 0}
        for name, count in expected.items():
            self.assertEqual(len(self.check({name: content}, ranks)), count, name)


class Functions(unittest.TestCase):
    """The forms of C++ that the outline must tell apart."""

    def functions(self, text):
        return [(d.name, d.last_line - d.first_line + 1) for d in Outline(text).declarations
                if d.kind == 'function' and d.defined]

    def test_constructors_with_braces_in_their_initialisers(self):
        self.assertEqual(self.functions('struct s {\n s(int i)\n : a{i}\n , b{{1, 2}}\n , base<s>{}\n {\n }\n};'), [('s', 6)])

    def test_braces_in_default_arguments_and_requirements(self):
        self.assertEqual(self.functions('template<class T>\n requires requires(T t) { t.f(); }\nvoid f(T t = {})\n{\n}\n'), [('f', 5)])
        self.assertEqual(self.functions('template<class T>\nvoid f(T t)\n requires (!c<T>)\n{\n}\n'), [('f', 5)])

    def test_braces_of_variables_are_not_functions(self):
        self.assertEqual(self.functions(
            'constexpr std::array<int, 2> a{1, 2};\nauto b = [](int i) { return i; };\nint c[] = {f(1)};\n'
            'std::map<int, void (*)(int)> d{{1, f}};\n'), [])

    def test_operators_destructors_and_conversions(self):
        text = ('struct s {\n ~s() {}\n bool operator()(int) const { return 1; }\n s& operator=(int) { return *this; }\n'
                ' explicit operator bool() const { return 1; }\n bool operator<(s) const { return 1; }\n'
                ' auto operator<=>(s) const -> std::strong_ordering { return x; }\n};\nvoid after() {}\n')
        self.assertEqual([name for name, _ in self.functions(text)],
                         ['~s', 'operator()', 'operator=', 'operatorbool', 'operator<', 'operator<=>', 'after'])

    def test_functions_in_classes_in_namespaces_and_after_conditions(self):
        text = 'namespace a::b {\nclass c final : public d<int> {\n#if X\n void f()\n {\n }\n#endif\n};\ninline int g() { return 1\'000; }\n}\n'
        self.assertEqual(self.functions(text), [('f', 3), ('g', 1)])

    def test_function_try_blocks_and_attributes(self):
        self.assertEqual(self.functions('[[noreturn]] inline void f() noexcept(true)\n{\n throw "}";\n}\n'), [('f', 4)])


if __name__ == '__main__':
    unittest.main()
