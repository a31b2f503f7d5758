// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_RECORDING_OBSERVER_HPP
#define REPLICATE_TESTS_SUPPORT_RECORDING_OBSERVER_HPP

#include <replicate/client_observer.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace replicate::tests {

/// An event as its attributes tell it.
class heard_event {
public:
    std::string name;
    std::map<std::string, std::string> texts;
    std::map<std::string, double> numbers;

    std::string text(std::string const& attribute) const
    {
        auto const found = texts.find(attribute);
        return found == texts.end() ? std::string() : found->second;
    }
    double number(std::string const& attribute) const
    {
        auto const found = numbers.find(attribute);
        return found == numbers.end() ? 0 : found->second;
    }
    void operator()(std::string_view attribute, std::string_view value) { texts[std::string(attribute)] = value; }
    template<class Number>
        requires std::is_arithmetic_v<Number>
    void operator()(std::string_view attribute, Number value)
    {
        numbers[std::string(attribute)] = static_cast<double>(value);
    }
};

/// Keeps all that it hears, and then does what it is told.
class recording_observer : public client_observer {
public:
    std::vector<heard_event> events;
    std::function<void(heard_event const&)> then;

    void on_request_started(request_started const& event) override { hear("started", event); }
    void on_request_finished(request_finished const& event) override { hear("finished", event); }
    void on_request_retried(request_retried const& event) override { hear("retried", event); }
    void on_request_throttled(request_throttled const& event) override { hear("throttled", event); }
    void on_request_queued(request_queued const& event) override { hear("queued", event); }
    void on_request_dequeued(request_dequeued const& event) override { hear("dequeued", event); }
    void on_connection_opened(connection_opened const& event) override { hear("opened", event); }
    void on_connection_reused(connection_reused const& event) override { hear("reused", event); }
    void on_connection_closed(connection_closed const& event) override { hear("closed", event); }
    void on_prediction_changed(prediction_changed const& event) override { hear("prediction", event); }

    std::vector<heard_event> all(std::string_view name) const
    {
        std::vector<heard_event> found;
        for (heard_event const& each : events)
            if (each.name == name)
                found.push_back(each);
        return found;
    }

    std::size_t count(std::string_view name) const { return all(name).size(); }

    /// The states of predictions, in their order.
    std::vector<std::string> states() const
    {
        std::vector<std::string> found;
        for (heard_event const& each : all("prediction"))
            found.push_back(each.text("replicate.prediction.status"));
        return found;
    }

private:
    template<class Event>
    void hear(char const* name, Event const& event)
    {
        heard_event heard;
        heard.name = name;
        Event::visit(event, heard);
        events.push_back(heard);
        if (then)
            then(heard);
    }
};

} // namespace replicate::tests

#endif
