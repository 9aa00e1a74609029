# Security updates that are offered, from the lists that the machine has: nothing is fetched.
run apt list --upgradable --all-versions
head_of 4096 /var/lib/apt/lists/*Release
run dnf -C -q updateinfo info --security --updates
file /var/cache/dnf/*/repodata/repomd.xml /var/cache/libdnf5/*/repodata/repomd.xml
run zypper --non-interactive --no-refresh --xmlout list-patches
file /var/cache/zypp/raw/*/repodata/repomd.xml
run apk --no-network version -l '<'
file /var/cache/apk/APKINDEX*.tar.gz
