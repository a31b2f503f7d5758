// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/mime_type.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

using replicate::core::extension_of;
using replicate::core::mime_type_of;
using namespace std::string_view_literals;

TEST_CASE("the type follows from the extension, in any case")
{
    CHECK(mime_type_of("photo.jpg") == "image/jpeg");
    CHECK(mime_type_of("PHOTO.JPEG") == "image/jpeg");
    CHECK(mime_type_of("/a.b/c.PnG") == "image/png");
    CHECK(mime_type_of("data.tar.gz") == "application/gzip");
    CHECK(mime_type_of("model.safetensors") == "application/octet-stream");
    CHECK(mime_type_of("a.csv") == "text/csv");
    CHECK(mime_type_of("a.wav") == "audio/wav");
}

TEST_CASE("a name without an extension that is known tells nothing")
{
    for (std::string_view name : {"", "photo", "photo.", ".", "a.unheardof", "jpg", "a.jpg/b", "a.jpg ", "a.jpgx"}) {
        CAPTURE(name);
        CHECK(mime_type_of(name) == "application/octet-stream");
    }
}

TEST_CASE("the first bytes tell the type without a name")
{
    CHECK(mime_type_of("", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"sv) == "image/png");
    CHECK(mime_type_of("", "\xff\xd8\xff\xe0"sv) == "image/jpeg");
    CHECK(mime_type_of("", "GIF89a"sv) == "image/gif");
    CHECK(mime_type_of("", "RIFF\x24\0\0\0WEBPVP8 "sv) == "image/webp");
    CHECK(mime_type_of("", "RIFF\x24\0\0\0WAVEfmt "sv) == "audio/wav");
    CHECK(mime_type_of("",
              "\0\0\0\x1c"
              "ftypisom"sv)
        == "video/mp4");
    CHECK(mime_type_of("",
              "\0\0\0\x1c"
              "ftypavif"sv)
        == "image/avif");
    CHECK(mime_type_of("",
              "\0\0\0\x14"
              "ftypqt  "sv)
        == "video/quicktime");
    CHECK(mime_type_of("", "\0\0\0\x0cJXL \r\n\x87\n"sv) == "image/jxl");
    CHECK(mime_type_of("", "\x1a\x45\xdf\xa3"sv) == "video/webm");
    CHECK(mime_type_of("", "ID3\x04"sv) == "audio/mpeg");
    CHECK(mime_type_of("", "%PDF-1.7"sv) == "application/pdf");
    CHECK(mime_type_of("", "PK\x03\x04"sv) == "application/zip");
    CHECK(mime_type_of("", std::string(257, '\0') + "ustar") == "application/x-tar");
}

TEST_CASE("the first bytes are believed more than the name, except those of a container")
{
    CHECK(mime_type_of("photo.jpg", "\x89PNG\r\n\x1a\n"sv) == "image/png");
    CHECK(mime_type_of("photo.txt", "\xff\xd8\xff\xe0"sv) == "image/jpeg");
    CHECK(mime_type_of("report.docx", "PK\x03\x04"sv)
        == "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
    CHECK(mime_type_of("weights.pth", "PK\x03\x04"sv) == "application/octet-stream");
    CHECK(mime_type_of("a.mkv", "\x1a\x45\xdf\xa3"sv) == "video/x-matroska");
    CHECK(mime_type_of("a.ogv", "OggS"sv) == "video/ogg");
    CHECK(mime_type_of("a.mov",
              "\0\0\0\x1c"
              "ftypisom"sv)
        == "video/quicktime");
    CHECK(mime_type_of("a.unheardof", "PK\x03\x04"sv) == "application/zip");
}

TEST_CASE("first bytes that are cut short or mean nothing leave it to the name")
{
    std::string_view const png = "\x89PNG\r\n\x1a\n"sv;
    for (std::size_t size = 0; size < png.size(); ++size)
        CHECK(mime_type_of("a.gif", png.substr(0, size)) == "image/gif");
    CHECK(mime_type_of("a.txt", "plain text") == "text/plain");
    CHECK(mime_type_of("a.txt", "12345678WEBP") == "text/plain");
    CHECK(mime_type_of("", "RIFF\x24\0\0\0????"sv) == "application/octet-stream");
}

TEST_CASE("as many bytes as are asked for are enough for every known type")
{
    for (auto const& known : replicate::detail::magic_numbers) {
        CAPTURE(known.type);
        CHECK(known.offset + known.bytes.size() <= replicate::core::mime_type_bytes);
        std::string bytes(known.offset, '\0');
        if (known.offset == 8)
            bytes.replace(0, 4, "RIFF");
        CHECK(mime_type_of("", bytes.append(known.bytes)) == known.type);
    }
}

TEST_CASE("the extension of a type is one of its own")
{
    CHECK(extension_of("image/png") == "png");
    CHECK(extension_of("IMAGE/JPEG") == "jpg");
    CHECK(extension_of("text/plain ; charset=utf-8") == "txt");
    CHECK(extension_of("application/octet-stream") == "bin");
    CHECK(extension_of("application/x-unheard-of") == "");
    CHECK(extension_of("") == "");
    std::set<std::string_view> seen;
    for (auto const& known : replicate::detail::extension_types) {
        CAPTURE(known.extension);
        CHECK(seen.insert(known.extension).second);
        CHECK(mime_type_of("a." + std::string(known.extension)) == known.type);
        CHECK(mime_type_of("a." + std::string(extension_of(known.type))) == known.type);
    }
    for (auto const& known : replicate::detail::magic_numbers)
        CHECK(extension_of(known.type) != "");
}
