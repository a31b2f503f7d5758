// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_RUN_REQUEST_HPP
#define REPLICATE_RUN_REQUEST_HPP

#include <replicate/identifier.hpp>
#include <replicate/input.hpp>

#include <utility>

namespace replicate {

/// What is to be run: a model and its input. For `client::async_map` where the inputs are for several models.
class run_request {
public:
    /// The model, its version or a deployment.
    model_ref model;
    /// Its input.
    input values;

    /// A model with its input.
    run_request(model_ref of, input with)
        : model(std::move(of))
        , values(std::move(with))
    {
    }
};

} // namespace replicate

#endif
