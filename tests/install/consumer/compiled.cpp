// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate.hpp>

#include <boost/json/serialize.hpp>
#include <boost/url/parse.hpp>

#include <iostream>

// Uses what replicate_compiled has to bring along: Boost.JSON, Boost.URL.
int main()
{
    boost::json::value const document{{"version", REPLICATE_VERSION_STRING}};
    auto const url = boost::urls::parse_uri("https://api.replicate.com/v1");
    std::cout << boost::json::serialize(document) << ' ' << url->host() << '\n';
    return url->host() == "api.replicate.com" ? 0 : 1;
}
