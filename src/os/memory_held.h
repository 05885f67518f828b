#pragma once

namespace systemcheck {

// What this program holds of the machine's memory, beyond what it uses.

/// Before anything is allocated: freed memory goes back to the machine instead of being kept for the next
/// time, and not every thread begins a heap of its own.
void hold_little_memory();

/// When what only starting needs is done: gives back freed memory, and the pages of code and constants of
/// this program and its libraries. What is needed again is mapped again as it is touched.
void give_memory_back();

/// When what was made of many small pieces is freed: the pages between those that are still used.
void give_freed_memory_back();

}  // namespace systemcheck
