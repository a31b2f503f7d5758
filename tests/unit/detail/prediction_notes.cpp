// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/detail/prediction_notes.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace replicate;
using status = prediction_status;

class state_listener : public client_observer {
public:
    std::vector<std::string> told;

    void on_prediction_changed(prediction_changed const& event) override
    {
        std::string line = event.is_new ? "new " : "";
        line += std::string(to_string(event.origin)) + " " + std::string(to_string(event.previous)) + " "
            + std::string(to_string(event.status));
        told.push_back(line);
    }
};

class watching {
public:
    void see(detail::prediction_notes& notes, status seen)
    {
        prediction one;
        one.id = "p";
        one.status = seen;
        notes.see(notes_, one, "acme/a");
    }

    std::vector<std::string> const& told() const { return listener_->told; }
    prediction_counts const& counts() { return notes_.counters().metrics().predictions; }

private:
    std::shared_ptr<state_listener> listener_ = std::make_shared<state_listener>();
    core::notifier notes_{listener_, log_config(), &std::chrono::system_clock::now};
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("each state is told once, from the first on")
{
    watching made;
    detail::prediction_notes notes(prediction_origin::created);
    for (status const each : {status::starting, status::starting, status::processing, status::processing, status::succeeded})
        made.see(notes, each);
    CHECK(made.told()
        == strings{"new created unknown starting", "created starting processing", "created processing succeeded"});
    CHECK(made.counts().created == 1);
    CHECK(made.counts().succeeded == 1);
}

TEST_CASE("what is older than what was seen is not told, and nothing after the end")
{
    watching made;
    detail::prediction_notes notes(prediction_origin::created);
    for (status const each : {status::processing, status::starting, status::unknown, status::failed, status::succeeded, status::starting})
        made.see(notes, each);
    CHECK(made.told() == strings{"new created unknown processing", "created processing failed"});
    CHECK(made.counts().failed == 1);
    CHECK(made.counts().succeeded == 0);
}

TEST_CASE("a prediction of which only the id is known is told as created, or as adopted")
{
    watching made;
    detail::prediction_notes notes(prediction_origin::created);
    SUBCASE("created")
    {
        made.see(notes, status::unknown);
        made.see(notes, status::unknown);
        made.see(notes, status::starting);
        CHECK(made.told() == strings{"new created unknown unknown", "created unknown starting"});
    }
    SUBCASE("adopted")
    {
        notes.set_adopted();
        made.see(notes, status::unknown);
        made.see(notes, status::aborted);
        CHECK(made.told() == strings{"new adopted unknown unknown", "adopted unknown aborted"});
        CHECK(made.counts().adopted == 1);
        CHECK(made.counts().created == 0);
        CHECK(made.counts().aborted == 1);
    }
}

TEST_CASE("of a prediction that existed only what is new is told")
{
    watching made;
    detail::prediction_notes notes(prediction_origin::known, status::starting);
    made.see(notes, status::starting);
    made.see(notes, status::canceled);
    CHECK(made.told() == strings{"known starting canceled"});
    CHECK(made.counts().created == 0);
    CHECK(made.counts().canceled == 1);
}
