#pragma once

#include <string>

#include "publish/view.h"

// What the status of a part of the machine is made from, in one line for people. All pure.

namespace systemcheck {

std::string load_words(const View& view);
std::string memory_words(const View& view);
std::string disk_words(const View& view, const FileSystemRow& row);

}  // namespace systemcheck
