// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_FILE_NAME_HPP
#define REPLICATE_CORE_FILE_NAME_HPP

#include <string>
#include <string_view>

namespace replicate::core {

/// True for what may stand in a file name that came from elsewhere: nothing that a shell, a terminal or a file system
/// gives a meaning to.
inline bool is_plain_file_name_letter(char letter) noexcept
{
    bool const alphanumeric =
        (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    return alphanumeric || letter == '-' || letter == '_' || letter == '.';
}

/// A harmless file name from the last segment of a URL's path: other letters become `_`, leading dots and dashes go,
/// at most 255 bytes; "output" where nothing is left, and for a `data:` URL.
inline std::string file_name_of_url(std::string_view url)
{
    if (url.substr(0, 5) == "data:")
        return "output";
    url = url.substr(0, url.find_first_of("?#"));
    auto const authority = url.find("://");
    auto const path = url.find('/', authority == std::string_view::npos ? 0 : authority + 3);
    if (path == std::string_view::npos)
        return "output";
    std::string name(url.substr(url.rfind('/') + 1));
    if (name.size() > 255)
        name.erase(0, name.size() - 255);
    name.erase(0, name.find_first_not_of(".-"));
    for (char& letter : name)
        if (!is_plain_file_name_letter(letter))
            letter = '_';
    return name.empty() ? "output" : name;
}

/// The media type of a `data:` URL, without parameters; `text/plain` where it names none.
inline std::string_view data_uri_type(std::string_view uri) noexcept
{
    uri.remove_prefix(uri.starts_with("data:") ? 5 : 0);
    std::string_view const type = uri.substr(0, uri.find_first_of(";,"));
    return type.empty() ? "text/plain" : type;
}

} // namespace replicate::core

#endif
