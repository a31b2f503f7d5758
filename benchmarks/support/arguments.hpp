// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_BENCHMARKS_ARGUMENTS_HPP
#define REPLICATE_BENCHMARKS_ARGUMENTS_HPP

#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace replicate::benchmarks {

/// The flags of a program as they were given, each with a value.
class arguments {
public:
    /// `help`: what `--help` prints; it names all flags there are, each at the beginning of a line, after two spaces.
    arguments(char const* help, int count, char** values)
    {
        for (int i = 1; i < count; ++i) {
            std::string const name = values[i];
            if (name == "--help") {
                std::fputs(help, stdout);
                std::exit(0);
            }
            if (std::string(help).find("\n  " + name + ' ') == std::string::npos || name.substr(0, 2) != "--")
                throw std::invalid_argument(name + ": no such flag; --help lists them");
            if (i + 1 == count)
                throw std::invalid_argument(name + ": needs a value");
            given_[name] = values[++i];
        }
    }

    /// True for one that was given.
    bool has(std::string const& name) const { return given_.count(name) != 0; }

    /// What was given, or else this.
    std::string text(std::string const& name, std::string const& otherwise = std::string()) const
    {
        auto const found = given_.find(name);
        return found == given_.end() ? otherwise : found->second;
    }

    /// The same; what is not one of these words (`map wait`) is refused.
    std::string one_of(std::string const& name, std::string const& words) const
    {
        std::string const given = text(name);
        std::istringstream all(words);
        bool is_known = given.empty();
        for (std::string word; all >> word;)
            is_known = is_known || word == given;
        if (!is_known)
            throw std::invalid_argument(name + ": must be one of: " + words);
        return given;
    }

    /// A number of at least `least`.
    double number(std::string const& name, double otherwise, double least = 0) const
    {
        if (!has(name))
            return otherwise;
        std::string const given = text(name);
        char* end = nullptr;
        double const value = std::strtod(given.c_str(), &end);
        if (given.empty() || *end != '\0' || !(value >= least && value <= 1e9))
            throw std::invalid_argument(name + ": must be a number from " + std::to_string(least) + " to 1e9");
        return value;
    }

    /// The same without a fraction.
    std::size_t count(std::string const& name, std::size_t otherwise) const
    {
        return static_cast<std::size_t>(number(name, static_cast<double>(otherwise)));
    }

private:
    std::map<std::string, std::string> given_;
};

} // namespace replicate::benchmarks

#endif
