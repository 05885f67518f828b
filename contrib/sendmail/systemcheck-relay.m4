dnl Lets those send who have just fetched their mail, as systemcheckd has seen in the mail log. README says where this
dnl file goes; include it as the last line of sendmail.mc.
dnl
dnl Asked is a socket, or, with
dnl   define(`SYSTEMCHECK_RELAY_MAP', `hash -a<MATCH> -T<TMPF> /run/systemcheck/relay')dnl
dnl before the line that includes this file, the hash that systemcheckd keeps.
divert(-1)
ifdef(`SYSTEMCHECK_RELAY_MAP', `', `define(`SYSTEMCHECK_RELAY_MAP',
`socket -a<MATCH> -T<TMPF> local:/run/systemcheck/relay.sock')')
divert(0)dnl
LOCAL_CONFIG
# Address of a client -> until when it may send, in seconds since 1970.
Ksystemcheck_relay SYSTEMCHECK_RELAY_MAP
ifelse(substr(SYSTEMCHECK_RELAY_MAP, 0, 6), `socket', `dnl', `Ksystemcheck_relay_now program -a<NOW> /bin/date
Ksystemcheck_relay_time arith')
Ksystemcheck_relay_note macro

LOCAL_RULESETS
# Only who would be told "relaying denied" is looked up. All other mail, that for this machine above all, does not
# depend on systemcheckd: not on whether it is there, and not on how fast it answers.
SLocal_check_rcpt
R$*			$: $(systemcheck_relay_note {systemcheck_relay} $) $1
R$*			$: $1 $| <?> $>"Basic_check_rcpt" $1
R$* $| <?> $#error $* 5.7.1 $*	$: $1 $| $(systemcheck_relay $&{client_addr} $)
R$* $| <?> $# $*	$# $2
R$* $| <?> $*		$@ $1
# It cannot be asked: he shall try again later.
R$* $| $* <TMPF>	$# error $@ 4.7.1 $: "451 Relaying temporarily denied, try again later"
ifelse(substr(SYSTEMCHECK_RELAY_MAP, 0, 6), `socket', `dnl
R$* $| $+ <MATCH>	$: $1 $| <TRUE>', `dnl
# A hash that nobody keeps any more lets nobody send for longer than it should. sendmail has no time of its own here.
R$* $| $+ <MATCH>	$: $1 $| $2 $| $(systemcheck_relay_now +%s $)
R$* $| $+ $| $+ <NOW>	$: $1 $| <$(systemcheck_relay_time l $@ $3 $@ $2 $)>')
R$* $| <TRUE>		$: $1 $| $(systemcheck_relay_note {systemcheck_relay} $@ yes $)
R$* $| $*		$: $1

# Asked when all is looked at once more. It says nothing but that he may relay: who and what is blocked stays blocked,
# and whoever has authenticated himself is treated as before.
SLocal_Relay_Auth
R$*			$: <$&{systemcheck_relay}>
R<yes>			$# RELAY
R$*			$@ CONTINUE
divert(0)dnl
