"""For the snmpd of a machine whose daemon stands below it (snmp.mode: agentx)."""

HEAD = "# Written by contrib/noc/generate: change that instead.\n"


def drop_in(mib):
    clients = mib["scRelayClientLabel"]
    table = clients.oid.rsplit(".", 2)[0]
    return f"""{HEAD}#
# For /etc/snmp/snmpd.conf.d of Debian, with "snmp: {{mode: agentx}}" in /etc/systemcheck/systemcheck.yaml.

master agentx
# Only root may connect to it. A daemon that does not run as root needs:
# agentXPerms 0660 0755 USER GROUP

# What Debian shows of a machine is little; this adds the module. Who may send mail is told to those who ask the daemon
# itself as users of SNMPv3, never to snmpd; and where it was told, nobody should see it.
view systemonly included .{mib.places["systemCheckMIB"]}
view systemonly excluded .{table}
"""


def files(mib):
    return {"snmpd/systemcheck.conf": drop_in(mib)}
