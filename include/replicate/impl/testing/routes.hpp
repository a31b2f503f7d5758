// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_ROUTES_HPP

#include <replicate/impl/testing/catalog_routes.hpp>
#include <replicate/impl/testing/deployment_routes.hpp>
#include <replicate/impl/testing/file_routes.hpp>
#include <replicate/impl/testing/model_routes.hpp>
#include <replicate/impl/testing/prediction_routes.hpp>
#include <replicate/impl/testing/service.hpp>
#include <replicate/impl/testing/training_routes.hpp>
#include <replicate/impl/testing/version_routes.hpp>

#include <vector>

namespace replicate::testing::detail {

/// The routing table: the groups, one after the other.
inline std::vector<route> all_routes()
{
    std::vector<route> all;
    for (auto const& group : {prediction_routes(), model_routes(), version_routes(), catalog_routes(),
             deployment_routes(), file_routes(), training_routes()})
        all.insert(all.end(), group.begin(), group.end());
    return all;
}

} // namespace replicate::testing::detail

#endif
