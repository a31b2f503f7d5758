// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

// What an observer hears of a run, and when.

#include "support/local_client.hpp"
#include "support/slowness.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace replicate::tests;
using replicate::run_update;
using replicate::testing::script;
using strings = std::vector<std::string>;

class fixture : public local_client {
public:
    fixture()
    {
        server.model("acme/slow", [](replicate::input const&) {
            return script().boot(60ms).log("loading").run(60ms).log(" 50%|##  | 1/2 [00:01]").run(60ms)
                .log("100%|####| 2/2 [00:02]").output("done");
        });
        server.model("acme/endless", [](replicate::input const&) { return script().log("a").never_ends(); });
    }
};

} // namespace

TEST_CASE("an observer hears each status once, each line of the logs once, and the progress")
{
    fixture made;
    strings statuses;
    strings lines;
    std::vector<double> progress;
    auto options = local_client::quick(replicate::wait::poll());
    options.observer = [&](run_update const& update) {
        if (update.status_changed)
            statuses.push_back(update.prediction.status_text);
        lines.insert(lines.end(), update.log_lines.begin(), update.log_lines.end());
        if (update.progress_changed && update.progress)
            progress.push_back(update.progress->fraction);
    };
    auto const output = made.get(made.client.async_run(made.server.version("acme/slow"), replicate::input(), options));
    CHECK(output.text() == "done");
    CHECK(statuses == strings{"starting", "processing", "succeeded"});
    CHECK(lines == strings{"loading", " 50%|##  | 1/2 [00:01]", "100%|####| 2/2 [00:02]"});
    CHECK(progress == std::vector<double>{0.5, 1.0});
}

TEST_CASE("observers hear of the progress of each of many predictions, which no page shows")
{
    fixture made;
    made.server.model("acme/long",
        [](replicate::input const&) { return script().run(slowness * 300ms).log("half").run(slowness * 300ms).output("done"); });
    std::string const version = made.server.version("acme/long");
    std::vector<pending<replicate::output>> calls(40);
    std::vector<int> heard(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i) {
        auto options = local_client::quick(replicate::wait::poll());
        options.observer = [&told = heard[i]](run_update const& update) {
            told += update.log_lines == strings{"half"} && !update.prediction.is_terminal();
        };
        made.client.async_run(version, replicate::input(), options, calls[i].token());
    }
    REQUIRE(made.run_until(
        [&] { return std::all_of(calls.begin(), calls.end(), [](auto const& call) { return call.done(); }); }, 2 * ample));
    CHECK(heard == std::vector<int>(calls.size(), 1));
    run_out(made.context);
}

TEST_CASE("an observer hears of a prediction that was over at once, and of one that failed")
{
    fixture made;
    strings statuses;
    auto options = local_client::quick();
    options.observer = [&](run_update const& update) { statuses.push_back(update.prediction.status_text); };
    CHECK(made.failure_of<replicate::prediction_error>(
        made.client.async_run(made.server.version("test/fails"), replicate::input(), options)));
    REQUIRE_FALSE(statuses.empty());
    CHECK(statuses.back() == "failed");
}

TEST_CASE("what an observer throws ends the run with it, and cancels the prediction")
{
    fixture made;
    std::size_t calls = 0;
    auto options = local_client::quick(replicate::wait::poll());
    options.observer = [&](run_update const&) {
        ++calls;
        throw std::runtime_error("enough");
    };
    auto const failure = made.failure_of<std::runtime_error>(
        made.client.async_run(made.server.version("acme/endless"), replicate::input(), options));
    REQUIRE(failure);
    CHECK(std::string(failure->what()) == "enough");
    CHECK(calls == 1);
    CHECK(status_at(made.server, made.server.predictions().at(0)) == "canceled");
}

TEST_CASE("an observer hears nothing when its call was cancelled or has timed out")
{
    fixture made;
    bool over = false;
    std::size_t late = 0;
    std::size_t calls = 0;
    auto options = local_client::quick(replicate::wait::poll());
    options.timeout = 150ms;
    options.observer = [&](run_update const&) {
        ++calls;
        late += over ? 1 : 0;
    };
    auto const failure =
        made.failure_of(made.client.async_run(made.server.version("acme/endless"), replicate::input(), options));
    over = true;
    REQUIRE(failure);
    CHECK(failure->code() == replicate::errc::deadline_exceeded);
    run_out(made.context);
    CHECK(calls >= 1);
    CHECK(late == 0);
    CHECK(status_at(made.server, made.server.predictions().at(0)) == "canceled");
}
