// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_PAGE_LINKS_HPP
#define REPLICATE_CORE_PAGE_LINKS_HPP

#include <string>
#include <string_view>

namespace replicate::core {

/// What to make of the link to another page of a list. (Apart from `page_target`, because taking URLs apart is dear to
/// compile.)
class page_links {
public:
    page_links() = default;
    page_links(page_links const&) = delete;
    page_links& operator=(page_links const&) = delete;
    virtual ~page_links() = default;

    /// The path and query that a link stands for, below the base URL. Throws an `error` of `errc::invalid_argument` that names
    /// the link where it leads elsewhere than to the list at this path.
    virtual std::string target(std::string_view list_path, std::string_view link) const = 0;
};

} // namespace replicate::core

#endif
