// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/input.hpp>

#include <boost/json/serialize.hpp>

#include <iostream>
#include <string>

int main()
{
    replicate::input const input{{"prompt", "Hello, world!"}, {"max_tokens", 512}};
    std::string const text = boost::json::serialize(input.object());
    std::cout << text << '\n';
    return text == R"({"prompt":"Hello, world!","max_tokens":512})" ? 0 : 1;
}
