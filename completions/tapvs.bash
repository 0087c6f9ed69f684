# Made from the help of the commands by tools/pages-for-shells.ts: run `make docs`.
_tapvs() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"
  local before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
  local named=tapvs word
  for word in "${before[@]}"; do
    case "$named $word" in
      "tapvs replay"|"tapvs verify"|"tapvs adopt"|"tapvs case"|"tapvs shrink"|"tapvs diff"|"tapvs explain"|"tapvs play"|"tapvs run"|"tapvs ipvsadm"|"tapvs with"|"tapvs host"|"tapvs address"|"tapvs handover"|"tapvs lab"|"tapvs lab up"|"tapvs lab check"|"tapvs lab lose"|"tapvs lab down"|"tapvs lab list"|"tapvs lab exec"|"tapvs lab export"|"tapvs lab capture"|"tapvs lab graph"|"tapvs lab session"|"tapvs lesson"|"tapvs lesson list"|"tapvs lesson start"|"tapvs lesson check"|"tapvs lesson hint"|"tapvs lesson solution"|"tapvs status"|"tapvs why"|"tapvs top"|"tapvs doctor"|"tapvs releases"|"tapvs serve") named="$named $word" ;;
    esac
  done
  COMPREPLY=()
  case "$named $prev" in
    "tapvs replay -c"|"tapvs replay --config") return ;;
    "tapvs replay -w"|"tapvs replay --write") return ;;
    "tapvs replay --comments") COMPREPLY=($(compgen -W "all none" -- "$cur")); return ;;
    "tapvs replay --offloads") COMPREPLY=($(compgen -W "auto off on" -- "$cur")); return ;;
    "tapvs replay --anonymise") return ;;
    "tapvs replay --linger") return ;;
    "tapvs replay --until") return ;;
    "tapvs verify --offloads") COMPREPLY=($(compgen -W "auto off on" -- "$cur")); return ;;
    "tapvs verify --record") return ;;
    "tapvs verify --expected-failures") return ;;
    "tapvs verify --limit") return ;;
    "tapvs verify --junit") return ;;
    "tapvs verify --summary") return ;;
    "tapvs adopt -o"|"tapvs adopt --output") return ;;
    "tapvs adopt --vip") return ;;
    "tapvs adopt --mode") COMPREPLY=($(compgen -W "nat dr tun fullnat" -- "$cur")); return ;;
    "tapvs adopt --offloads") COMPREPLY=($(compgen -W "auto off on" -- "$cur")); return ;;
    "tapvs adopt --anonymise") return ;;
    "tapvs adopt --servers") return ;;
    "tapvs case -o"|"tapvs case --output") return ;;
    "tapvs shrink --drop") return ;;
    "tapvs shrink --packet") return ;;
    "tapvs shrink -o"|"tapvs shrink --output") return ;;
    "tapvs diff -c"|"tapvs diff --capture") return ;;
    "tapvs diff --clients") return ;;
    "tapvs diff --change") return ;;
    "tapvs diff --old-kernel") return ;;
    "tapvs diff --new-kernel") return ;;
    "tapvs explain -c"|"tapvs explain --config") return ;;
    "tapvs explain --packet") return ;;
    "tapvs explain --after") return ;;
    "tapvs explain --fault") return ;;
    "tapvs explain --servers") return ;;
    "tapvs explain --directors") return ;;
    "tapvs explain --lose") return ;;
    "tapvs explain --sync") COMPREPLY=($(compgen -W "off linux prompt" -- "$cur")); return ;;
    "tapvs explain --scheduler") COMPREPLY=($(compgen -W "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos" -- "$cur")); return ;;
    "tapvs explain --connections") return ;;
    "tapvs explain --arp") COMPREPLY=($(compgen -W "none virtual all" -- "$cur")); return ;;
    "tapvs explain --svg") return ;;
    "tapvs explain --slide") return ;;
    "tapvs explain --topology") return ;;
    "tapvs explain --mermaid") return ;;
    "tapvs explain --html") return ;;
    "tapvs play --servers") return ;;
    "tapvs play --clients") return ;;
    "tapvs play --scheduler") COMPREPLY=($(compgen -W "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos" -- "$cur")); return ;;
    "tapvs run -c"|"tapvs run --config") return ;;
    "tapvs run --socket") return ;;
    "tapvs run --capture") return ;;
    "tapvs run --trace") return ;;
    "tapvs run --proc") return ;;
    "tapvs run --state") return ;;
    "tapvs run --log-format") COMPREPLY=($(compgen -W "text json" -- "$cur")); return ;;
    "tapvs with -c"|"tapvs with --config") return ;;
    "tapvs with --socket") return ;;
    "tapvs with --report") return ;;
    "tapvs handover --socket") return ;;
    "tapvs lab up --name") return ;;
    "tapvs lab up --servers") return ;;
    "tapvs lab up --scheduler") return ;;
    "tapvs lab up --weights") return ;;
    "tapvs lab up --directors") return ;;
    "tapvs lab up --advertise") return ;;
    "tapvs lab up --ecmp") COMPREPLY=($(compgen -W "bird multipath resilient" -- "$cur")); return ;;
    "tapvs lab up --ipip") COMPREPLY=($(compgen -W "kernel own" -- "$cur")); return ;;
    "tapvs lab up --session") COMPREPLY=($(compgen -W "none sh persistent replicated store" -- "$cur")); return ;;
    "tapvs lab up --keepalived") return ;;
    "tapvs lab check -n"|"tapvs lab check --requests") return ;;
    "tapvs lab lose --connections") return ;;
    "tapvs lab lose --name") return ;;
    "tapvs lab exec --name") return ;;
    "tapvs lab export --name") return ;;
    "tapvs lab export --servers") return ;;
    "tapvs lab export --scheduler") return ;;
    "tapvs lab export --weights") return ;;
    "tapvs lab export --directors") return ;;
    "tapvs lab export --advertise") return ;;
    "tapvs lab export --ecmp") COMPREPLY=($(compgen -W "bird multipath resilient" -- "$cur")); return ;;
    "tapvs lab export --ipip") COMPREPLY=($(compgen -W "kernel own" -- "$cur")); return ;;
    "tapvs lab export --image") return ;;
    "tapvs lab capture --name") return ;;
    "tapvs lab capture -w"|"tapvs lab capture --write") return ;;
    "tapvs lab capture -i"|"tapvs lab capture --interface") return ;;
    "tapvs lab capture -c"|"tapvs lab capture --count") return ;;
    "tapvs lab graph --name") return ;;
    "tapvs lab graph --servers") return ;;
    "tapvs lab graph --scheduler") return ;;
    "tapvs lab graph --weights") return ;;
    "tapvs lab graph --directors") return ;;
    "tapvs lab graph --advertise") return ;;
    "tapvs lab graph --ecmp") COMPREPLY=($(compgen -W "bird multipath resilient" -- "$cur")); return ;;
    "tapvs lab graph --ipip") COMPREPLY=($(compgen -W "kernel own" -- "$cur")); return ;;
    "tapvs lab graph --format") COMPREPLY=($(compgen -W "mermaid svg" -- "$cur")); return ;;
    "tapvs lab session --name") return ;;
    "tapvs lab session --servers") return ;;
    "tapvs lab session --scheduler") return ;;
    "tapvs lab session --weights") return ;;
    "tapvs lab session --directors") return ;;
    "tapvs lab session --advertise") return ;;
    "tapvs lab session --ecmp") COMPREPLY=($(compgen -W "bird multipath resilient" -- "$cur")); return ;;
    "tapvs lab session --ipip") COMPREPLY=($(compgen -W "kernel own" -- "$cur")); return ;;
    "tapvs lab session --mode") COMPREPLY=($(compgen -W "nat dr tun fullnat" -- "$cur")); return ;;
    "tapvs lesson solution --apply") return ;;
    "tapvs status --socket") return ;;
    "tapvs why --socket") return ;;
    "tapvs top --socket") return ;;
    "tapvs top --interval") return ;;
    "tapvs doctor -c"|"tapvs doctor --config") return ;;
    "tapvs serve --director") return ;;
    "tapvs serve --port") return ;;
    "tapvs serve --host") return ;;
  esac
  local words=""
  case "$named" in
    "tapvs") [[ $cur == -* ]] && words="-V --version -h --help" || words="replay verify adopt case shrink diff explain play run ipvsadm with host address handover lab lesson status why top doctor releases serve" ;;
    "tapvs replay") [[ $cur == -* ]] && words="-c --config -w --write --comments --stats --connections --offloads --anonymise --allow-idle --json --linger --until -h --help" || words="" ;;
    "tapvs verify") [[ $cur == -* ]] && words="--offloads --record --expected-failures --allow-idle --limit --junit --summary --json -h --help" || words="" ;;
    "tapvs adopt") [[ $cur == -* ]] && words="-o --output --vip --mode --offloads --anonymise --servers -h --help" || words="" ;;
    "tapvs case") [[ $cur == -* ]] && words="--transcript --fill -o --output -h --help" || words="" ;;
    "tapvs shrink") [[ $cur == -* ]] && words="--drop --packet --transcript -o --output -h --help" || words="" ;;
    "tapvs diff") [[ $cur == -* ]] && words="-c --capture --clients --change --old-kernel --new-kernel --allow-idle --json -h --help" || words="" ;;
    "tapvs explain") [[ $cur == -* ]] && words="-c --config --packet --after --brief --cure --compare --ipv6 --nat64 --fault --servers --directors --lose --sync --each-other --scheduler --connections --arp --svg --slide --topology --mermaid --html --ascii --json -h --help" || words="" ;;
    "tapvs play") [[ $cur == -* ]] && words="--ipv6 --servers --clients --scheduler --no-history -h --help" || words="" ;;
    "tapvs run") [[ $cur == -* ]] && words="-c --config --socket --no-offload --no-io-uring --capture --trace --remember --json --proc --restore --state --log-format -h --help" || words="" ;;
    "tapvs ipvsadm") [[ $cur == -* ]] && words="" || words="" ;;
    "tapvs with") [[ $cur == -* ]] && words="-c --config --socket --report --proc --json -h --help" || words="" ;;
    "tapvs host") [[ $cur == -* ]] && words="-h --help" || words="ifconfig ip netstat route sysctl" ;;
    "tapvs address") [[ $cur == -* ]] && words="-h --help" || words="" ;;
    "tapvs handover") [[ $cur == -* ]] && words="--socket -h --help" || words="" ;;
    "tapvs lab") [[ $cur == -* ]] && words="-h --help" || words="up check lose down list exec export capture graph session" ;;
    "tapvs lab up") [[ $cur == -* ]] && words="--name --servers --scheduler --weights --ipv6 --nat64 --directors --advertise --ecmp --sync --health --ipip --example --session --keepalived --dry-run -q --quiet -h --help" || words="nat dr tun fullnat" ;;
    "tapvs lab check") [[ $cur == -* ]] && words="-n --requests --json -h --help" || words="" ;;
    "tapvs lab lose") [[ $cur == -* ]] && words="--connections --name --json -h --help" || words="" ;;
    "tapvs lab down") [[ $cur == -* ]] && words="--all -h --help" || words="" ;;
    "tapvs lab list") [[ $cur == -* ]] && words="--json -h --help" || words="" ;;
    "tapvs lab exec") [[ $cur == -* ]] && words="--name -h --help" || words="" ;;
    "tapvs lab export") [[ $cur == -* ]] && words="--name --servers --scheduler --weights --ipv6 --nat64 --directors --advertise --ecmp --sync --health --ipip --image -h --help" || words="containerlab kathara nat dr tun fullnat" ;;
    "tapvs lab capture") [[ $cur == -* ]] && words="--name -w --write -i --interface -c --count -h --help" || words="" ;;
    "tapvs lab graph") [[ $cur == -* ]] && words="--name --servers --scheduler --weights --ipv6 --nat64 --directors --advertise --ecmp --sync --health --ipip --example --format -h --help" || words="" ;;
    "tapvs lab session") [[ $cur == -* ]] && words="--name --servers --scheduler --weights --ipv6 --nat64 --directors --advertise --ecmp --sync --health --ipip --mode --keep --json -h --help" || words="none sh persistent replicated store" ;;
    "tapvs lesson") [[ $cur == -* ]] && words="-h --help" || words="list start check hint solution" ;;
    "tapvs lesson list") [[ $cur == -* ]] && words="--json -h --help" || words="" ;;
    "tapvs lesson start") [[ $cur == -* ]] && words="--force -h --help" || words="" ;;
    "tapvs lesson check") [[ $cur == -* ]] && words="--json -h --help" || words="" ;;
    "tapvs lesson hint") [[ $cur == -* ]] && words="-h --help" || words="" ;;
    "tapvs lesson solution") [[ $cur == -* ]] && words="--apply -h --help" || words="" ;;
    "tapvs status") [[ $cur == -* ]] && words="--socket --json -h --help" || words="" ;;
    "tapvs why") [[ $cur == -* ]] && words="--socket --json -h --help" || words="" ;;
    "tapvs top") [[ $cur == -* ]] && words="--socket --interval --once --json -h --help" || words="" ;;
    "tapvs doctor") [[ $cur == -* ]] && words="-c --config --json -h --help" || words="" ;;
    "tapvs releases") [[ $cur == -* ]] && words="--json -h --help" || words="" ;;
    "tapvs serve") [[ $cur == -* ]] && words="--director --port --host -h --help" || words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _tapvs tapvs
