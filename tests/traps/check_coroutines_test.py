#!/usr/bin/env python3
"""Shows that every rule of check_coroutines.py fires where it should, and not on the forms that are right."""

import unittest

from check_coroutines import Checker


def rules(statements, parameters=''):
    text = f'namespace replicate {{\nasio::awaitable<int> f({parameters})\n{{\n{statements}\nco_return 1;\n}}\n}}\n'
    return sorted({rule for rule, _ in Checker('file', text).breaches})


class Rules(unittest.TestCase):
    def expect(self, rule, statements, parameters=''):
        self.assertEqual(rules(statements, parameters), [rule], statements)

    def expect_clean(self, *statements):
        for statement in statements:
            self.assertEqual(rules(statement), [], statement)

    def test_braces(self):
        self.expect('braces', 'co_await g({{"prompt", "x"}});')
        self.expect('braces', 'co_await g(options{});')
        self.expect('braces', 'auto r = record{co_await a(), 2};')
        self.expect('braces', 'co_return record{co_await a(), 2};')
        self.expect('braces', 'for (auto x : {co_await a()}) { }')
        self.expect_clean('input in{{"prompt", "x"}}; co_await g(in);', 'co_await g(input().set("a", 1));',
                          'try { co_await g(); } catch (error const& e) { options o{1}; }',
                          'if (x) { co_await g(); } else { co_await h(); }')

    def test_conditional(self):
        self.expect('conditional', 'co_await g(c ? a() : b());')
        self.expect('conditional', 'auto x = c ? co_await a() : co_await b();')
        self.expect_clean('auto x = c ? a() : b(); co_await g(x);', 'switch (co_await g()) { case 1: x = c ? a : b; }')

    def test_capture(self):
        self.expect('capture', 'co_await g([p = std::move(p)] { return p; });')
        self.expect('capture', 'co_await g(1, [s](int i) mutable { s.x(i); });')
        self.expect('capture', 'co_await g([=] { s(); });')
        self.expect_clean('auto h = [p] { return p; }; co_await g(h);', 'co_await g([](int i) { return i; });',
                          'co_await g([&] { x(); });', 'co_await g([this] { x(); });', 'co_await g([&x] { x(); });',
                          'co_await g(values[i]);', 'auto [code, n] = co_await g();')

    def test_closure(self):
        self.expect('closure', 'asio::co_spawn(e, [p]() -> asio::awaitable<void> { co_return; }, h);')
        self.expect('closure', 'auto h = [&]() -> asio::awaitable<void> { co_await g(); };')
        self.expect_clean('asio::co_spawn(e, []() -> asio::awaitable<void> { co_return; }, h);',
                          'auto h = [&]() { return g(); };')

    def test_local(self):
        self.expect('local', 'if (!co_await g()) co_return 1;')
        self.expect('local', 'x_ = 1;\nwhile (auto e = co_await next()) { int i = 1; }')
        self.expect('local', 'g(a, b); if constexpr (x) { if (co_await g()) co_return 1; }')
        self.expect_clean('bool const ok = co_await g(); if (!ok) co_return 1;',
                          'std::string text; while (auto e = co_await next()) text += *e;',
                          'std::vector<int> v; if (co_await g()) co_return 1;', 'auto& [a, b] = x; if (co_await g()) h();',
                          'a::b<c> const& d = e; if (co_await g()) h();', 'switch (co_await g()) { case 1: break; }')

    def test_local_in_a_closure(self):
        self.expect('local', 'int i = 0; co_spawn(e, []() -> awaitable<int> { if (co_await g()) co_return 1; co_return 2; });')

    def test_reference(self):
        for parameter in ('std::string const& text', 'std::string&& text', 'std::string_view text', 'int a, span<char> b'):
            self.expect('reference', '', parameter)
        for parameter in ('std::string text', 'connection& line', 'std::map<int, char> m', 'char const* text'):
            self.assertEqual(rules('', parameter), [], parameter)

    def test_functions_that_are_no_coroutines_are_free(self):
        text = 'int f(std::string const& s) { if (g({1})) return c ? a : b; return [s] { return 1; }(); }'
        self.assertEqual(Checker('file', text).breaches, [])

    def test_bodies_of_members_and_of_constructors_are_read(self):
        text = 'class c {\nc(int i) : i_{i} {}\nawaitable<void> f() const\n{\n    co_await g(options{});\n}\n};\n'
        self.assertEqual([text for _, text in Checker('file', text).breaches],
                         ['file:5: braces: a braced list in an expression with co_await'])


if __name__ == '__main__':
    unittest.main()
