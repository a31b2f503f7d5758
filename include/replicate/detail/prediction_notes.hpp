// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_PREDICTION_NOTES_HPP
#define REPLICATE_DETAIL_PREDICTION_NOTES_HPP

#include <replicate/core/notifier.hpp>
#include <replicate/prediction.hpp>

#include <string>
#include <string_view>

namespace replicate::detail {

/// Tells the states of one prediction as one call sees them, each once. Lives with who watches it.
class prediction_notes {
public:
    /// Of a prediction that is yet to be created, or was found in this state; the next event is for another one.
    explicit prediction_notes(prediction_origin origin, prediction_status known = prediction_status::unknown) noexcept
        : origin_(origin)
        , status_(known)
        , is_new_(origin != prediction_origin::known)
    {
    }

    /// It was created by a request whose answer was lost, and found.
    void set_adopted() noexcept { origin_ = prediction_origin::adopted; }

    /// It was seen. `model`: what was asked for.
    void see(core::notifier& notes, prediction const& seen, std::string_view model = {})
    {
        // What another of the service's back ends tells may be older.
        bool const is_later = seen.status > status_ && !is_terminal(status_);
        if (!is_new_ && !is_later)
            return;
        prediction_changed event;
        event.id = seen.id;
        event.request_model = model;
        event.response_model = seen.model;
        event.version = seen.version;
        event.origin = origin_;
        event.previous = status_;
        event.status = seen.status;
        event.is_new = is_new_;
        if (seen.status == prediction_status::failed || seen.status == prediction_status::aborted)
            event.error_type = to_string(seen.status);
        event.predict_time = seen.metrics.predict_time;
        event.total_time = seen.metrics.total_time;
        event.input_tokens = seen.metrics.input_token_count;
        event.output_tokens = seen.metrics.output_token_count;
        is_new_ = false;
        status_ = seen.status;
        notes.tell(event);
    }

private:
    prediction_origin origin_;
    prediction_status status_;
    bool is_new_;
};

} // namespace replicate::detail

#endif
