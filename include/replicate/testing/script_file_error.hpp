// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_SCRIPT_FILE_ERROR_HPP
#define REPLICATE_TESTING_SCRIPT_FILE_ERROR_HPP

#include <stdexcept>
#include <string>

namespace replicate::testing {

/// Something in a script file is wrong: the text names the place and says what belongs there.
class script_file_error : public std::runtime_error {
public:
    /// Wrong there, and why.
    script_file_error(std::string const& place, std::string const& reason)
        : std::runtime_error(place + ": " + reason)
    {
    }
};

} // namespace replicate::testing

#endif
