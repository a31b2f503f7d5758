// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_DEFAULT_MODELS_HPP
#define REPLICATE_IMPL_TESTING_DEFAULT_MODELS_HPP

#include <replicate/impl/testing/model_registry.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace replicate::testing::detail {

using namespace std::chrono_literals;

inline std::string required_text(replicate::input const& input, std::string const& name)
{
    json::value const* const member = input.object().if_contains(name);
    if (member == nullptr)
        throw invalid_input::missing(name);
    if (!member->is_string())
        throw invalid_input({invalid_field("invalid_type", "input." + name, "Invalid type. Expected: string")});
    return std::string(member->get_string().data(), member->get_string().size());
}

inline script hello_world(replicate::input const& input)
{
    return script().run(5ms).output(replicate::input_value("hello " + required_text(input, "text")).json());
}

/// The models that a server knows from the start.
inline void add_default_models(model_registry& models)
{
    models.add("replicate/hello-world", hello_world, false,
        "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa");
}

} // namespace replicate::testing::detail

#endif
