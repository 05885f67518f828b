"""For Nagios, Icinga 2 and whatever else runs check_snmp: an object for each thing that has a status."""

HEAD = "Written by contrib/noc/generate: change that instead."

# unknown(0), ok(1), warning(2), critical(3): what is not ok is a warning, and critical from 3 on. check_snmp itself has
# no way to say unknown for a number, so what is not known is a warning, too.
WARN, CRITICAL = "1:1", "0:2"

# What stands beside a status for people, by the status.
_WORDS = {"scStatus": "scStatusText", "scServiceStatus": "scServiceReason", "scRelayStatus": "scRelayStatusText"}
_NAMES = {"scStatus": "", "scLoadStatus": "load", "scMemStatus": "memory", "scRelayStatus": "relay",
          "scServiceStatus": "service", "scDiskStatus": "disk"}


def index(name):
    """What names a row: its length, then its bytes."""
    return ".".join(str(number) for number in (len(name.encode()), *name.encode()))


def _statuses(mib):
    found = [leaf for leaf in mib.leaves if leaf.syntax == "ScCheckStatus"]
    unnamed = [leaf.name for leaf in found if leaf.name not in _NAMES]
    assert not unnamed, f"{unnamed}: what shall people call it?"
    return found


def _command(leaf):
    """scRelayStatus -> systemcheck_relay"""
    return f"systemcheck_{_NAMES[leaf.name]}".rstrip("_")


def _title(leaf):
    return _NAMES[leaf.name] or "systemcheck"


def _asked(mib, leaf, row):
    """Its status, and words if it has some: (OIDs, warn, critical) as check_snmp wants them."""
    oids = [leaf] + ([mib[_WORDS[leaf.name]]] if leaf.name in _WORDS else [])
    more = "," * (len(oids) - 1)
    return ",".join(f".{one.oid}.{row if leaf.table else 0}" for one in oids), WARN + more, CRITICAL + more


def nagios(mib):
    text = f"""# {HEAD}
#
# For Nagios 4 (and 3, Icinga 1, Naemon). A host says how it is asked, and belongs to the hostgroup "systemcheck":
#
#   define host {{
#     use                 generic-host,systemcheck-host
#     host_name           mx1
#     address             192.0.2.1
#     _systemcheck_auth   -P 3 -L authPriv -U operator -a SHA-256 -A 'PASSWORD' -x AES -X 'PASSWORD'
#   }}
#
# A row of a table has the length of its name and its bytes as its number: {index("sshd")} is sshd.
#
#   define service {{
#     use                 generic-service
#     host_name           mx1
#     service_description sshd
#     check_command       check_systemcheck_service!{index("sshd")}
#   }}

define host {{
  name                  systemcheck-host
  hostgroups            systemcheck
  _systemcheck_port     1161
  _systemcheck_auth     -P 2c -C COMMUNITY
  register              0
}}

define hostgroup {{
  hostgroup_name        systemcheck
  alias                 machines with systemcheck
}}
"""
    for leaf in _statuses(mib):
        oids, warn, critical = _asked(mib, leaf, "$ARG1$")
        text += f"""
# {leaf.sentence}.
define command {{
  command_name          check_{_command(leaf)}
  command_line          $USER1$/check_snmp -H '$HOSTADDRESS$' -p $_HOSTSYSTEMCHECK_PORT$ $_HOSTSYSTEMCHECK_AUTH$ -o {oids} -w {warn} -c {critical}
}}
"""
    for leaf in _statuses(mib):
        if leaf.table or leaf.name == "scRelayStatus":  # Not everybody has one.
            continue
        text += f"""
define service {{
  use                   generic-service
  hostgroup_name        systemcheck
  service_description   {_title(leaf)}
  check_command         check_{_command(leaf)}
}}
"""
    return text


def icinga(mib):
    text = f"""/* {HEAD}

   For Icinga 2. A host says how it is asked, and which rows of tables are looked at:

     object Host "mx1" {{
       import "generic-host"
       address = "192.0.2.1"
       vars.systemcheck = {{
         port = 1161
         user = "operator", auth_password = "PASSWORD", priv_password = "PASSWORD"   // or: community = "COMMUNITY"
         services = {{ sshd = "{index("sshd")}" }}   // the length of its name, and its bytes
         disks = {{ "/" = "{index("/")}" }}
         relay = true
       }}
     }}
*/

template CheckCommand "systemcheck-snmp" {{
  command = [ PluginDir + "/check_snmp" ]
  arguments = {{
    "-H" = "$address$"
    "-p" = "$systemcheck_port$"
    "-P" = {{ value = "$systemcheck_version$" }}
    "-C" = {{ value = "$systemcheck_community$", set_if = {{{{ macro("$systemcheck_version$") == "2c" }}}} }}
    "-L" = {{ value = "authPriv", set_if = {{{{ macro("$systemcheck_version$") == "3" }}}} }}
    "-U" = {{ value = "$systemcheck_user$", set_if = {{{{ macro("$systemcheck_version$") == "3" }}}} }}
    "-a" = {{ value = "SHA-256", set_if = {{{{ macro("$systemcheck_version$") == "3" }}}} }}
    "-A" = {{ value = "$systemcheck_auth_password$", set_if = {{{{ macro("$systemcheck_version$") == "3" }}}} }}
    "-x" = {{ value = "AES", set_if = {{{{ macro("$systemcheck_version$") == "3" }}}} }}
    "-X" = {{ value = "$systemcheck_priv_password$", set_if = {{{{ macro("$systemcheck_version$") == "3" }}}} }}
    "-o" = "$systemcheck_oids$"
    "-w" = "$systemcheck_warn$"
    "-c" = "$systemcheck_critical$"
  }}
  vars.systemcheck_port = {{{{
    var port = macro("$host.vars.systemcheck.port$")
    return if (port) {{ port }} else {{ 1161 }}
  }}}}
  vars.systemcheck_version = {{{{ if (macro("$host.vars.systemcheck.user$")) {{ "3" }} else {{ "2c" }} }}}}
  vars.systemcheck_community = "$host.vars.systemcheck.community$"
  vars.systemcheck_user = "$host.vars.systemcheck.user$"
  vars.systemcheck_auth_password = "$host.vars.systemcheck.auth_password$"
  vars.systemcheck_priv_password = "$host.vars.systemcheck.priv_password$"
}}
"""
    for leaf in _statuses(mib):
        oids, warn, critical = _asked(mib, leaf, "$systemcheck_row$")
        text += f"""
// {leaf.sentence}.
object CheckCommand "{_command(leaf)}" {{
  import "systemcheck-snmp"
  vars.systemcheck_oids = "{oids}"
  vars.systemcheck_warn = "{warn}"
  vars.systemcheck_critical = "{critical}"
}}
"""
    for leaf in _statuses(mib):
        if leaf.table:
            continue
        condition = " && host.vars.systemcheck.relay" if leaf.name == "scRelayStatus" else ""
        text += f"""
apply Service "{_title(leaf)}" {{
  import "generic-service"
  check_command = "{_command(leaf)}"
  assign where host.vars.systemcheck{condition}
}}
"""
    for leaf in _statuses(mib):
        if leaf.table:
            title = _title(leaf)
            text += f"""
apply Service "{title} " for (row => number in host.vars.systemcheck.{title}s) {{
  import "generic-service"
  check_command = "{_command(leaf)}"
  vars.systemcheck_row = number
}}
"""
    return text


def files(mib):
    return {"nagios/systemcheck.cfg": nagios(mib), "nagios/icinga2.conf": icinga(mib)}
