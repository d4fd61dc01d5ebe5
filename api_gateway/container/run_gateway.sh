#!/usr/bin/env bash
# Creates the gateway's certificate, then replaces itself with the Java process, so that SIGTERM reaches it.
set -euo pipefail

keystore=/tls/gateway.p12    # certificate and key, readable only by the gateway's user
certificate=/tls/gateway.pem # the certificate, for clients
port=${PUBLISHED_PORT:-5055} # the port that a browser uses
days=825                     # validity of a certificate: the maximum that browsers accept
renew_after=395              # age at which a start creates a new one

if ! [[ $port =~ ^[0-9]{1,5}$ ]]; then
    echo "GATEWAY_PORT=$port is invalid: use a port number." >&2
    exit 2
fi

KEYSTORE_PASSWORD=$(sed -n 's/^sslPwd: \([^ ]*\).*/\1/p' root/conf.yaml)
export KEYSTORE_PASSWORD

quiet_keytool() {
    keytool -J-Xmx64m -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1 "$@" -storepass:env KEYSTORE_PASSWORD 2>/dev/null
}

make_keystore() {
    rm -f "$keystore.new"
    (
        umask 077
        quiet_keytool -genkeypair -alias gateway -keyalg RSA -keysize 2048 -validity "$days" -dname CN=localhost \
            -ext san=dns:localhost,dns:gateway,ip:127.0.0.1 -storetype PKCS12 -keystore "$keystore.new"
    ) || {
        echo "Cannot create a certificate in /tls: make its volume writable for user $(id -u)." >&2
        exit 1
    }
    mv "$keystore.new" "$keystore"
}

# Always export, so that the file matches the keystore: the simulator may have left its own certificate there.
export_certificate() {
    quiet_keytool -exportcert -rfc -alias gateway -keystore "$keystore" >"$certificate.new" &&
        mv "$certificate.new" "$certificate"
}

is_young() {
    [[ -n $(find "$keystore" -mtime "-$renew_after" 2>/dev/null) ]]
}

if ! { is_young && export_certificate; }; then
    make_keystore
    export_certificate
fi

# The gateway finds its configuration on the classpath, where /tmp/conf comes first.
mkdir -p /tmp/conf
sed "s/):5055'/):$port'/" root/conf.yaml >/tmp/conf/conf.yaml

# Serial collector and first-tier compiler: 120 MB instead of 300 under load, for a process that only forwards.
exec java -server \
    -Xmx128m -XX:MaxDirectMemorySize=64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
    -XX:+ExitOnOutOfMemoryError \
    -Djava.io.tmpdir=/tmp -Dvertx.cacheDirBase=/tmp/vertx -Dvertx.disableDnsResolver=true \
    -Djava.net.preferIPv4Stack=true \
    -Dvertx.logger-delegate-factory-class-name=io.vertx.core.logging.SLF4JLogDelegateFactory \
    -Dlogback.configurationFile=logback-container.xml \
    -cp "/tmp/conf:root:dist/*:build/lib/runtime/*" \
    ibgroup.web.core.clientportal.gw.GatewayStart --conf conf.yaml
