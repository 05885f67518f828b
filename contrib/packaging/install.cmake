# What is installed where, and the Debian package: cmake --workflow --preset package
include(GNUInstallDirs)

install(TARGETS systemcheckd DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS systemcheckctl DESTINATION ${CMAKE_INSTALL_BINDIR})
install(PROGRAMS contrib/client_tools DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME systemcheck-menu)
install(FILES contrib/systemd/systemcheckd.service DESTINATION lib/systemd/system)
install(FILES mibs/SYSTEMCHECK-MIB.txt DESTINATION ${CMAKE_INSTALL_DATADIR}/snmp/mibs)
install(FILES contrib/man/systemcheckd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES contrib/man/systemcheckctl.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES contrib/man/systemcheck.yaml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
foreach(shell bash zsh fish)
  add_custom_command(OUTPUT completions/${shell}
                     COMMAND ${CMAKE_COMMAND} -E make_directory completions
                     COMMAND systemcheckctl completions ${shell} > completions/${shell}
                     DEPENDS systemcheckctl)
endforeach()
add_custom_target(completions ALL DEPENDS completions/bash completions/zsh completions/fish)
set(completions ${CMAKE_BINARY_DIR}/completions)
install(FILES ${completions}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME systemcheckctl)
install(FILES ${completions}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _systemcheckctl)
install(FILES ${completions}/fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME systemcheckctl.fish)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES contrib/systemcheck.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY contrib/rsyslog DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES contrib/doc/login-patterns.md contrib/doc/status-json.md contrib/doc/control-protocol.md
              contrib/doc/control-protocol.schema.json DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY contrib/sendmail contrib/postfix DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY contrib/snmp_exporter contrib/nagios contrib/zabbix contrib/librenms contrib/snmpd
        DESTINATION ${CMAKE_INSTALL_DATADIR}/systemcheck/noc)
install(DIRECTORY alerts/rules alerts/alertmanager alerts/runbooks DESTINATION ${CMAKE_INSTALL_DATADIR}/systemcheck/alerts)
file(GLOB dashboards CONFIGURE_DEPENDS dashboards/*.json)
install(FILES ${dashboards} dashboards/README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/systemcheck/dashboards)
install(FILES alerts/README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/systemcheck/alerts)
install(PROGRAMS contrib/stack/install DESTINATION ${CMAKE_INSTALL_DATADIR}/systemcheck/stack)
install(FILES contrib/stack/README.md contrib/stack/prometheus.yml contrib/stack/prometheus.conf contrib/stack/alertmanager.conf
              contrib/stack/compose.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/systemcheck/stack)
install(DIRECTORY contrib/grafana/provisioning DESTINATION ${CMAKE_INSTALL_DATADIR}/systemcheck/grafana)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "systemcheck maintainers <systemcheck@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "watches a host and brings back what died")
set(CPACK_PACKAGE_DESCRIPTION
    "Looks at processes, load, memory and disks each minute, restarts services that died where it is
told to, and answers Prometheus and SNMP. A fresh installation only observes.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/contrib/packaging/postinst ${CMAKE_SOURCE_DIR}/contrib/packaging/prerm
    ${CMAKE_SOURCE_DIR}/contrib/packaging/postrm)
include(CPack)
