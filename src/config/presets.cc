#include "config/presets.h"

#include <array>
#include <vector>

// The services this project was first written for, as Debian 12 and Red Hat Enterprise Linux (8 and 9)
// install them. Each entry has to tell one process, the main one, from everything that looks like it:
// /proc/PID/exe is the first sieve, the command line the second. Daemons that rewrite their command
// line are matched by what they write there.
//
// The expressions name what a daemon is started with and leave out what ends at once: "sshd -t"
// checks a configuration, and is run by systemd before every reload. They accept any directory, as
// somebody's own match.exe may stand elsewhere. Where a line was rewritten its rest may be blanks.

// What comes after what: a daemon that starts without the log writes nothing of its start, one that starts
// without the name server may wait for its answers. sshd waits for nobody: it is the way in.

namespace systemcheck {
namespace {

Service named(std::string_view name) {
  Service service;
  service.name = name;
  service.preset = name;
  return service;
}

// "/usr/sbin/apache2 -k start", "/usr/sbin/httpd -DFOREGROUND"; a second instance adds "-d DIR" or "-f
// FILE". Workers have the same line and run as www-data or apache; "-k graceful-stop", "-t" and "-S"
// are short-lived. "-k restart" and "-k graceful" start a server where there was none.
constexpr std::string_view httpd_main =
    R"(^\S*(httpd|apache2)( -k (start|restart|graceful)| -[XDCcdefE]\S*| [^-\s]\S*)*\s*$)";

Service httpd() {
  auto service = named("httpd");
  service.after = {"syslog", "bind"};
  service.match.units = {"apache2.service", "httpd.service"};
  service.match.executables = {"/usr/sbin/apache2", "/usr/sbin/httpd"};
  service.match.user = "root";
  service.match.main_cmdline = httpd_main;
  service.pre_check = {{"/usr/sbin/apache2ctl", "-t"}, {"/usr/sbin/apachectl", "-t"}};
  service.init_scripts = {"/etc/init.d/apache2", "/etc/init.d/httpd"};
  return service;
}

// A second instance of the web server. Debian's setup-instance copies /etc/apache2 to /etc/apache2-ocw
// and runs it as apache2@ocw.service, Red Hat's httpd@ocw.service reads conf/ocw.conf; or it is somebody's
// own unit. Both template units are there wherever a web server is, so they are no evidence of an instance,
// and every instance has "ocw" among its arguments, which the first server has not.
Service ocwhttpd() {
  auto service = named("ocwhttpd");
  service.after = {"syslog", "bind"};
  service.match.units = {"ocwhttpd.service", "apache2@ocw.service", "httpd@ocw.service"};
  service.match.executables = {"/usr/sbin/apache2", "/usr/sbin/httpd", "/usr/sbin/ocwhttpd"};
  service.match.user = "root";
  service.match.cmdline = "ocw";
  service.match.main_cmdline = httpd_main;
  service.evidence = {"/etc/apache2-ocw",
                      "/etc/httpd/conf/ocw.conf",
                      "/etc/ocwhttpd",
                      "/usr/sbin/ocwhttpd",
                      "/etc/systemd/system/ocwhttpd.service",
                      "/etc/systemd/system/multi-user.target.wants/apache2@ocw.service",
                      "/etc/systemd/system/multi-user.target.wants/httpd@ocw.service"};
  return service;
}

// The master writes "proftpd: (accepting connections)"; a session "proftpd: bob - host: IDLE", where bob
// and host are chosen by strangers: hence both ends. It runs as the configured user, which differs.
Service proftpd() {
  auto service = named("proftpd");
  service.after = {"syslog", "bind"};
  service.match.units = {"proftpd.service"};
  service.match.executables = {"/usr/sbin/proftpd"};
  service.pre_check = {{"/usr/sbin/proftpd", "-t"}};
  service.init_scripts = {"/etc/init.d/proftpd"};
  service.match.main_cmdline =
      R"(^proftpd: \(accepting connections\)\s*$|^\S*proftpd( -[^-tlvVh\s]\S*| --(nodaemon|quiet|config(=\S*)?)| [^-\s]\S*)*\s*$)";
  return service;
}

// The listener: "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups" (OpenSSH 8.2 on) or the
// plain command line. Sessions are "sshd: bob [priv]" and "sshd: bob@pts/0" of the same executable and
// user; a new connection is for a moment "/usr/sbin/sshd -D -R".
Service sshd() {
  auto service = named("sshd");
  service.match.units = {"ssh.service", "sshd.service"};
  service.match.executables = {"/usr/sbin/sshd"};
  service.match.user = "root";
  service.pre_check = {{"/usr/sbin/sshd", "-t"}};
  service.init_scripts = {"/etc/init.d/ssh", "/etc/init.d/sshd"};
  service.match.main_cmdline = R"(^(sshd: )?/\S*sshd( -[^RtTGV\s]\S*| [^-\s]\S*)*\s*$)";
  return service;
}

// Two daemons share the program: the one that accepts mail, "sendmail: MTA: accepting connections" on
// Debian and without "MTA: " on Red Hat, and the runner of the submission queue, "sendmail: MSP: Queue
// runner@00:20:00 for /var/spool/mqueue-client". The first is the service. Its children say "sendmail: MTA:
// server HOST …" with a name that strangers choose. /usr/sbin/sendmail itself belongs to whichever mail
// server is installed: it is no evidence.
Service sendmail() {
  auto service = named("sendmail");
  service.after = {"syslog", "bind"};
  service.match.units = {"sendmail.service"};
  service.match.executables = {"/usr/libexec/sendmail/sendmail", "/usr/sbin/sendmail.sendmail",
                               "/usr/sbin/sendmail-mta"};
  service.match.user = "root";
  // There is no check of its own: the mode that tries rewriting rules reads the whole file first, says by
  // its exit status what came of it, and ends where nobody types anything.
  service.pre_check = {{"/usr/libexec/sendmail/sendmail", "-bt"}, {"/usr/sbin/sendmail.sendmail", "-bt"}};
  service.init_scripts = {"/etc/init.d/sendmail"};
  service.match.main_cmdline =
      R"(^sendmail: (MTA: )?(accepting|rejecting|have been rejecting) |^\S*sendmail(-mta)?( \S+)* -b[dD]( |$))";
  return service;
}

// The master keeps its command line, "/usr/sbin/dovecot -F". What it starts are other programs, of
// /usr/lib/dovecot or /usr/libexec/dovecot, some as users of their own: "dovecot/imap-login", "dovecot/auth".
// "dovecot -n", "dovecot reload" and "dovecot stop" end at once.
Service dovecot() {
  auto service = named("dovecot");
  service.after = {"syslog"};
  service.match.units = {"dovecot.service"};
  service.match.executables = {"/usr/sbin/dovecot"};
  service.match.user = "root";
  service.pre_check = {{"/usr/bin/doveconf", "-n"}};
  service.init_scripts = {"/etc/init.d/dovecot"};
  service.match.main_cmdline = R"(^\S*dovecot( -[Fp]+| -[ci]\S+| -[ci] \S+)*\s*$)";
  return service;
}

// rsyslogd and syslog-ng are one or the other. Some drop root, so the user says nothing. In the background
// syslog-ng leaves a parent that restarts it, "supervising syslog-ng", which then is the main process.
Service syslog() {
  auto service = named("syslog");
  service.match.units = {"rsyslog.service", "syslog-ng.service", "syslog.service"};
  service.match.executables = {"/usr/sbin/rsyslogd", "/usr/sbin/syslog-ng", "/usr/sbin/syslogd"};
  service.pre_check = {{"/usr/sbin/rsyslogd", "-N1"}, {"/usr/sbin/syslog-ng", "--syntax-only"}};
  service.init_scripts = {"/etc/init.d/rsyslog", "/etc/init.d/syslog-ng"};
  service.match.main_cmdline =
      R"(^supervising syslog-ng|^\S*(rsyslogd|syslog-ng|syslogd)( -[^NvVsh\s]\S*| [^-\s]\S*)*\s*$)";
  return service;
}

// RealServer G2 to Helix Universal Server. There is no package: the installer unpacks where it is told
// to, these are what it proposes and what was usual.
Service realaudio() {
  auto service = named("realaudio");
  service.after = {"syslog", "bind"};
  service.match.units = {"rmserver.service", "realserver.service", "helixserver.service"};
  service.match.executables = {"/usr/local/Real/Bin/rmserver",        "/usr/local/RealServer/Bin/rmserver",
                               "/usr/local/HelixServer/Bin/rmserver", "/usr/local/rmserver/Bin/rmserver",
                               "/usr/local/Helix/Bin/rmserver",       "/opt/real/RealServer/Bin/rmserver",
                               "/opt/HelixServer/Bin/rmserver"};
  return service;
}

// One process with many threads. It starts as root and becomes bind (Debian) or named (Red Hat), where it may
// run in a root directory of its own: named-chroot.service.
Service bind() {
  auto service = named("bind");
  service.after = {"syslog"};
  service.match.units = {"named.service", "bind9.service", "named-chroot.service"};
  service.match.executables = {"/usr/sbin/named"};
  service.pre_check = {{"/usr/bin/named-checkconf"}, {"/usr/sbin/named-checkconf"}};
  service.init_scripts = {"/etc/init.d/named", "/etc/init.d/bind9"};
  service.match.main_cmdline = R"(^\S*named( -[^vVCh\s]\S*| [^-\s]\S*)*\s*$)";
  return service;
}

}  // namespace

std::span<const Preset> presets() {
  static const std::array all{
      Preset{"httpd", "Apache HTTP server", httpd()},
      Preset{"ocwhttpd", "second instance of the Apache HTTP server", ocwhttpd()},
      Preset{"proftpd", "ProFTPD file transfer server", proftpd()},
      Preset{"sshd", "OpenSSH server", sshd()},
      Preset{"sendmail", "Sendmail mail server", sendmail()},
      Preset{"dovecot", "Dovecot POP3 and IMAP server", dovecot()},
      Preset{"syslog", "system log: rsyslog or syslog-ng", syslog()},
      Preset{"realaudio", "RealServer or Helix streaming server", realaudio()},
      Preset{"bind", "BIND name server", bind()},
  };
  return all;
}

}  // namespace systemcheck
