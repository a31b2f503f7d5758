// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include "support/shared_files.hpp"

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <iostream>

namespace {

// A filter that matches nothing must not pass for a test that passed.
class selection_counter : public doctest::IReporter {
public:
    explicit selection_counter(doctest::ContextOptions const&)
    {
    }

    static unsigned selected() { return selected_; }
    static int asserts() { return asserts_; }

    void test_run_end(doctest::TestRunStats const& run) override
    {
        selected_ = run.numTestCasesPassingFilters;
        asserts_ = run.numAsserts;
    }

    void report_query(doctest::QueryData const&) override {}
    void test_run_start() override {}
    void test_case_start(doctest::TestCaseData const&) override {}
    void test_case_reenter(doctest::TestCaseData const&) override {}
    void test_case_end(doctest::CurrentTestCaseStats const&) override {}
    void test_case_exception(doctest::TestCaseException const&) override {}
    void subcase_start(doctest::SubcaseSignature const&) override {}
    void subcase_end() override {}
    void log_assert(doctest::AssertData const&) override {}
    void log_message(doctest::MessageData const&) override {}
    void test_case_skipped(doctest::TestCaseData const&) override {}

private:
    inline static unsigned selected_ = 0;
    inline static int asserts_ = 0;
};

REGISTER_LISTENER("selection", 1, selection_counter);

} // namespace

int main(int count, char** arguments)
{
    doctest::Context context(count, arguments);
    int const result = context.run();
    if (context.shouldExit())
        return result;
    if (selection_counter::selected() == 0) {
        std::cerr << "no test case was selected\n";
        return 1;
    }
    // Nothing was looked at, for want of what is kept beside the repository: to ctest that is a test that was skipped.
    constexpr int skipped = 77;
    if (result == 0 && selection_counter::asserts() == 0 && replicate::tests::misses_shared)
        return skipped;
    return result;
}
