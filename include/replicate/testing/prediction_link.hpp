// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_PREDICTION_LINK_HPP
#define REPLICATE_TESTING_PREDICTION_LINK_HPP

namespace replicate::testing {

/// The links that a prediction comes with; `server::point` leads them elsewhere.
enum class prediction_link {
    /// `urls.get`
    get,
    /// `urls.cancel`
    cancel,
    /// `urls.stream`
    stream,
    /// The files in `output`.
    output
};

} // namespace replicate::testing

#endif
