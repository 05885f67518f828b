"""Feeds the rules about clocks, threads and processes what they must refuse."""

import unittest

import places
from source import Source


def messages(line, path="src/decide/x.cc"):
    return [c.message for c in places.check([Source(path, line + "\n")])]


class Places(unittest.TestCase):
    def assert_refused(self, line, part):
        found = messages(line)
        self.assertTrue(any(part in message for message in found), f"{line}: {found}")

    def test_every_way_to_ask_the_clock_is_refused(self):
        for line in (
            "auto now = std::chrono::steady_clock::now();",
            "auto now = system_clock::now();",
            "auto now = time(nullptr);",
            "auto now = ::time(&seconds);",
            "auto now = std::time(NULL);",
            "gettimeofday(&tv, nullptr);",
            "::clock_gettime(CLOCK_BOOTTIME, &ts);",
        ):
            self.assert_refused(line, "asks the clock")

    def test_a_parameter_called_now_is_fine(self):
        self.assertEqual(messages("if (now >= grant.expires_at) expire(grant);"), [])

    def test_words_that_end_in_time_are_fine(self):
        self.assertEqual(messages("auto a = start_time(p, t); auto b = host.time(0); auto c = wall_time(x);"), [])

    def test_every_way_to_create_a_process_is_refused(self):
        for line in (
            "if (fork() == 0) run();",
            "::vfork();",
            "execve(path, argv, envp);",
            "execl(path, nullptr);",
            "posix_spawn(&pid, path, nullptr, nullptr, argv, envp);",
            "std::system(command.c_str());",
            "auto* f = popen(command, mode);",
        ):
            self.assert_refused(line, "creates a process")

    def test_a_member_of_the_same_name_is_fine(self):
        self.assertEqual(messages("plan.system(); plan->fork(); load_system(x);"), [])

    def test_threads_are_refused(self):
        for line in ("std::thread worker(run);", "std::jthread worker_{};", "auto f = std::async(run);", "pthread_create(&t, 0, f, 0);"):
            self.assert_refused(line, "creates a thread")

    def test_naming_a_thread_is_fine(self):
        self.assertEqual(messages("auto id = std::thread::id{};"), [])

    def test_shared_state_is_refused(self):
        for line in (
            "std::mutex mutex_;",
            "const std::lock_guard lock(mutex_);",
            "std::atomic<int> count{};",
            "std::atomic_bool stop{};",
            "std::condition_variable_any waiting;",
            "thread_local int depth = 0;",
            "volatile int flag;",
        ):
            self.assert_refused(line, "shares state")

    def test_ending_the_program_is_refused(self):
        self.assert_refused("std::abort();", "ends the program")
        self.assert_refused("_exit(1);", "ends the program")

    def test_os_may_do_all_of_it(self):
        line = "std::jthread t; std::mutex m; auto now = steady_clock::now(); fork(); _exit(1);"
        self.assertEqual(messages(line, "src/os/child.cc"), [])

    def test_a_comment_is_fine(self):
        self.assertEqual(messages("// we do not fork() here, and no std::mutex"), [])

    def test_a_folder_that_merely_begins_like_os_is_not_os(self):
        self.assertNotEqual(messages("fork();", "src/ostrich/x.cc"), [])


if __name__ == "__main__":
    unittest.main()
