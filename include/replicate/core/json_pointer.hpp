// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_JSON_POINTER_HPP
#define REPLICATE_CORE_JSON_POINTER_HPP

#include <string>
#include <string_view>

namespace replicate::core {

/// A step of a JSON pointer (RFC 6901): a slash and the name, escaped.
inline std::string pointer_step(std::string_view name)
{
    std::string step = "/";
    for (char letter : name) {
        if (letter == '~')
            step += "~0";
        else if (letter == '/')
            step += "~1";
        else
            step += letter;
    }
    return step;
}

} // namespace replicate::core

#endif
