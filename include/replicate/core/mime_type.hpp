// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_MIME_TYPE_HPP
#define REPLICATE_CORE_MIME_TYPE_HPP

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace replicate::detail {

/// A file name extension and its media type.
class extension_type {
public:
    std::string_view extension;
    std::string_view type;
};

// The first line of a type gives the extension that files of this type get.
inline constexpr extension_type extension_types[] = {
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"jfif", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"heic", "image/heic"},
    {"heif", "image/heif"},
    {"bmp", "image/bmp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"svg", "image/svg+xml"},
    {"ico", "image/x-icon"},
    {"psd", "image/vnd.adobe.photoshop"},
    {"exr", "image/x-exr"},
    {"hdr", "image/vnd.radiance"},
    {"jxl", "image/jxl"},
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"mov", "video/quicktime"},
    {"qt", "video/quicktime"},
    {"webm", "video/webm"},
    {"mkv", "video/x-matroska"},
    {"avi", "video/x-msvideo"},
    {"mpg", "video/mpeg"},
    {"mpeg", "video/mpeg"},
    {"ogv", "video/ogg"},
    {"flv", "video/x-flv"},
    {"wmv", "video/x-ms-wmv"},
    {"mp3", "audio/mpeg"},
    {"wav", "audio/wav"},
    {"flac", "audio/flac"},
    {"ogg", "audio/ogg"},
    {"oga", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"m4a", "audio/mp4"},
    {"aac", "audio/aac"},
    {"aif", "audio/aiff"},
    {"aiff", "audio/aiff"},
    {"mid", "audio/midi"},
    {"midi", "audio/midi"},
    {"weba", "audio/webm"},
    {"wma", "audio/x-ms-wma"},
    {"txt", "text/plain"},
    {"log", "text/plain"},
    {"md", "text/markdown"},
    {"csv", "text/csv"},
    {"tsv", "text/tab-separated-values"},
    {"html", "text/html"},
    {"htm", "text/html"},
    {"css", "text/css"},
    {"srt", "application/x-subrip"},
    {"vtt", "text/vtt"},
    {"js", "text/javascript"},
    {"py", "text/x-python"},
    {"json", "application/json"},
    {"jsonl", "application/jsonl"},
    {"xml", "application/xml"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"pdf", "application/pdf"},
    {"rtf", "application/rtf"},
    {"epub", "application/epub+zip"},
    {"doc", "application/msword"},
    {"xls", "application/vnd.ms-excel"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"zip", "application/zip"},
    {"tar", "application/x-tar"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"bz2", "application/x-bzip2"},
    {"xz", "application/x-xz"},
    {"7z", "application/x-7z-compressed"},
    {"zst", "application/zstd"},
    {"rar", "application/vnd.rar"},
    {"glb", "model/gltf-binary"},
    {"gltf", "model/gltf+json"},
    {"obj", "model/obj"},
    {"stl", "model/stl"},
    {"ply", "model/ply"},
    {"usdz", "model/vnd.usdz+zip"},
    {"bin", "application/octet-stream"},
    {"safetensors", "application/octet-stream"},
    {"ckpt", "application/octet-stream"},
    {"pt", "application/octet-stream"},
    {"pth", "application/octet-stream"},
    {"npy", "application/octet-stream"},
    {"npz", "application/octet-stream"},
    {"parquet", "application/vnd.apache.parquet"},
    {"wasm", "application/wasm"},
};

/// Bytes that stand at a place of every file of a type.
class magic_bytes {
public:
    std::size_t offset;
    std::string_view bytes;
    std::string_view type;
    // Many types are built of this one: an extension that says more is believed.
    bool is_container = false;
};

using namespace std::string_view_literals;

inline constexpr magic_bytes magic_numbers[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    {0, "\xff\xd8\xff"sv, "image/jpeg"},
    {0, "GIF87a"sv, "image/gif"},
    {0, "GIF89a"sv, "image/gif"},
    {8, "WEBP"sv, "image/webp"},
    {8, "WAVE"sv, "audio/wav"},
    {8, "AVI "sv, "video/x-msvideo"},
    {0, "II*\0"sv, "image/tiff", true},
    {0, "MM\0*"sv, "image/tiff", true},
    {0, "8BPS"sv, "image/vnd.adobe.photoshop"},
    {0, "\0\0\0\x0cJXL \r\n\x87\n"sv, "image/jxl"},
    {4, "ftypavif"sv, "image/avif"},
    {4, "ftypheic"sv, "image/heic"},
    {4, "ftypheix"sv, "image/heic"},
    {4, "ftypmif1"sv, "image/heif", true},
    {4, "ftypM4A "sv, "audio/mp4"},
    {4, "ftypqt  "sv, "video/quicktime"},
    {4, "ftyp"sv, "video/mp4", true},
    {0, "\x1a\x45\xdf\xa3"sv, "video/webm", true},
    {0, "OggS"sv, "audio/ogg", true},
    {0, "fLaC"sv, "audio/flac"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "\xff\xfb"sv, "audio/mpeg"},
    {0, "\xff\xf3"sv, "audio/mpeg"},
    {0, "\xff\xf2"sv, "audio/mpeg"},
    {0, "MThd"sv, "audio/midi"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "PK\x03\x04"sv, "application/zip", true},
    {0, "\x1f\x8b"sv, "application/gzip", true},
    {0, "BZh"sv, "application/x-bzip2", true},
    {0,
        "\xfd"
        "7zXZ\0"sv,
        "application/x-xz", true},
    {0, "7z\xbc\xaf\x27\x1c"sv, "application/x-7z-compressed"},
    {0, "\x28\xb5\x2f\xfd"sv, "application/zstd", true},
    {0, "Rar!\x1a\x07"sv, "application/vnd.rar"},
    {257, "ustar"sv, "application/x-tar", true},
    {0, "glTF"sv, "model/gltf-binary"},
};

/// What the first bytes of a file are of; null where they tell nothing.
constexpr magic_bytes const* find_magic(std::string_view first_bytes) noexcept
{
    for (magic_bytes const& known : magic_numbers) {
        // What stands at the eighth byte is behind the four letters of a RIFF file and its length.
        bool const framed = known.offset != 8 || first_bytes.substr(0, 4) == "RIFF";
        if (framed && first_bytes.size() >= known.offset
            && first_bytes.substr(known.offset, known.bytes.size()) == known.bytes)
            return &known;
    }
    return nullptr;
}

constexpr bool is_same_word(std::string_view word, std::string_view lower) noexcept
{
    return std::equal(word.begin(), word.end(), lower.begin(), lower.end(), [](char given, char expected) {
        return (given >= 'A' && given <= 'Z' ? static_cast<char>(given - 'A' + 'a') : given) == expected;
    });
}

/// The type that an extension stands for; empty where it is not known.
constexpr std::string_view type_of_extension(std::string_view file_name) noexcept
{
    std::size_t const dot = file_name.rfind('.');
    if (dot == std::string_view::npos)
        return {};
    for (extension_type const& known : extension_types)
        if (is_same_word(file_name.substr(dot + 1), known.extension))
            return known.type;
    return {};
}

} // namespace replicate::detail

namespace replicate::core {

/// How many of the first bytes of a file `mime_type_of` can make use of.
inline constexpr std::size_t mime_type_bytes = 262;

/// The media type of a file. Its first bytes say more than its name, except where they are those of a container (a zip archive
/// may be a document): then the extension is believed. `application/octet-stream` where neither tells.
constexpr std::string_view mime_type_of(std::string_view file_name, std::string_view first_bytes = {}) noexcept
{
    std::string_view const by_name = replicate::detail::type_of_extension(file_name);
    replicate::detail::magic_bytes const* const magic = replicate::detail::find_magic(first_bytes);
    if (magic != nullptr && (!magic->is_container || by_name.empty()))
        return magic->type;
    return by_name.empty() ? "application/octet-stream" : by_name;
}

/// The extension for files of a media type, without the dot: `png`; empty where the type is not known. Parameters of the type
/// (`; charset=utf-8`) and case do not matter.
constexpr std::string_view extension_of(std::string_view type) noexcept
{
    type = type.substr(0, type.find(';'));
    while (!type.empty() && type.back() == ' ')
        type.remove_suffix(1);
    for (replicate::detail::extension_type const& known : replicate::detail::extension_types)
        if (replicate::detail::is_same_word(type, known.type))
            return known.extension;
    return {};
}

} // namespace replicate::core

#endif
