#!/usr/bin/perl
# How POP-before-SMTP tools in Perl read a log: a line at a time, as it is followed, against one expression after the
# other that takes its time and the address out of it. Here with five of them.
use strict;
use warnings;

my $head = '^(... .. ..:..:..) \S+ ';
my $address = '(?:::ffff:)?(\d+\.\d+\.\d+\.\d+|[0-9a-fA-F:]+)';
my @patterns = map { qr/$_/ } (
    $head . '(?:dovecot(?:\[\d+\])?: )?(?:imap|pop3)-login: Login: .*? (?:\[|rip=)' . $address . '[],]',
    $head . '(?:courier)?(?:pop3|imap)d?(?:-ssl)?(?:\[\d+\])?: LOGIN, user=\S+, ip=\[' . $address . '\]',
    $head . '(?:cyrus\/)?(?:pop3|imap)s?\[\d+\]: login: \S*\s?\[' . $address . '\] \S+ \S+ User logged in',
    $head . '(?:ipop3s?d|imaps?d)\[\d+\]: (?:Login|Authenticated|Auth) user=\S+ host=(?:\S+ )?\[' . $address . '\]',
    $head . '(?:solid-pop3d|spop3d)\[\d+\]: user \S+ authenticated - ' . $address . '$',
);

open(my $log, '<', $ARGV[0]) or die "$ARGV[0]: $!\n";
my ($position, $logins, %seen) = (0, 0);

# A last line without its newline is still being written.
sub next_line {
    my $line = <$log>;
    return undef unless defined $line && substr($line, -1) eq "\n";
    $position += length $line;
    return $line;
}

while (defined(my $line = next_line())) {
    for my $pattern (@patterns) {
        my ($time, $client) = $line =~ $pattern or next;
        $seen{$client} = $time;
        $logins++;
        last;
    }
}
print "$logins\n";
