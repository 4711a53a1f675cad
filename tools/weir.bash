# SPDX-License-Identifier: Apache-2.0
#
# weir.bash - completion of the weir command: commands, options, SQL files, and the keys of --set, which the command
# itself names (weir docs options), so that they are those of the installed version.

# The keys of SET, one a line.
_weir_keys()
{
	"$1" docs options 2>/dev/null |
		sed -n '/^## SET/,/^## every/s/^| `\([a-z][^`*]*\)`.*/\1/p'
}

# The words of the line that say which server is asked and as whom, one a line; nothing when a password would be asked for.
_weir_server()
{
	local typed=() i server=0 user=$WEIR_USER
	# Bash splits at ":", too: the line itself has addresses whole.
	read -ra typed <<<"${COMP_LINE:0:${COMP_POINT:-0}}"
	for ((i = 2; i < ${#typed[@]}; i++)); do
		case ${typed[i]} in
		--server | --server=*) server=1 ;;
		--user) user=${typed[i + 1]} ;;
		--user=*) user=${typed[i]#*=} ;;
		--token | --token=* | --token-file | --token-file=*) user="" ;;
		esac
	done
	[[ $server == 0 || ( -n $user && $user != *:* && -z $WEIR_PASSWORD ) ]] && return
	for ((i = 2; i < ${#typed[@]}; i++)); do
		case ${typed[i]} in
		--server | --user | --token | --token-file | --ca-file)
			[[ -n ${typed[i + 1]} ]] && printf '%s\n' "${typed[i]}" "${typed[++i]}"
			;;
		--server=* | --user=* | --token=* | --token-file=* | --ca-file=* | --insecure) printf '%s\n' "${typed[i]}" ;;
		esac
	done
}

# The names of the jobs, one a line: of this machine, or of the server that the line names.
_weir_job_names()
{
	local words=()
	[[ $COMP_LINE == *--server* ]] && mapfile -t words < <(_weir_server)
	[[ $COMP_LINE == *--server* && ${#words[@]} -eq 0 ]] && return
	"$1" jobs --format tsv "${words[@]}" 2>/dev/null | tail -n +2 | cut -f1
}

_weir()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=""
	local login="--server --user --token --token-file --ca-file --insecure"

	COMPREPLY=()
	# Bash may split at "=": --result=<word> arrives as "--result" "=" "word".
	if [[ $before == = && $COMP_CWORD -gt 2 ]]; then
		before=${COMP_WORDS[COMP_CWORD-2]}
	elif [[ $word == = ]]; then
		word=""
	fi
	if [[ $COMP_CWORD -eq 1 ]]; then
		COMPREPLY=($(compgen -W "run sql serve check explain check-upgrade diff state test dlq jobs status why savepoint stop docs version help" -- "$word"))
		return
	fi
	case $command in
	help) words="run sql serve check explain check-upgrade diff state test dlq jobs status why savepoint stop docs version" ;;
	docs) words="functions options" ;;
	state) [[ $COMP_CWORD -eq 2 ]] && words="ls schema dump diff" ;;
	dlq) [[ $COMP_CWORD -eq 2 ]] && words="show replay" ;;
	run | sql | serve | test | check | explain | check-upgrade | diff | jobs) ;;
	status | why | savepoint | stop)
		if [[ $word != -* && ( $COMP_CWORD -eq 2 || ( $COMP_LINE == *--server* && $before != -* ) ) ]]; then
			words=$(_weir_job_names "${COMP_WORDS[0]}")
			COMPREPLY=($(compgen -W "$words" -- "$word"))
			[[ -n $words ]] && return
		fi
		words=""
		;;
	*) return ;;
	esac
	if [[ -n $words ]]; then
		[[ $COMP_CWORD -eq 2 ]] && COMPREPLY=($(compgen -W "$words" -- "$word"))
		return
	fi
	case $before in
	--result) words="changelog final" ;;
	--mode) words="auto changelog table" ;;
	--format)
		words="table tsv csv json"
		[[ $command == explain ]] && words="text json"
		[[ $command == sql ]] && words="table expanded tsv csv json"
		[[ $command == state && ${COMP_WORDS[2]} == schema ]] && words="$words sql"
		;;
	--input) words="json csv changelog-json debezium-json" ;;
	--parallelism) words="1 2 4 8 16" ;;
	--log-format) words="text json" ;;
	--log-level) words="debug info warn error" ;;
	--set)
		COMPREPLY=($(compgen -S = -W "$(_weir_keys "${COMP_WORDS[0]}")" -- "$word"))
		compopt -o nospace 2>/dev/null
		return
		;;
	--restore | --checkpoint | --from-savepoint)
		COMPREPLY=($(compgen -W latest -- "$word") $(compgen -d -S / -- "$word"))
		compopt -o nospace -o filenames 2>/dev/null
		return
		;;
	--plugin | --config | --init | --history | --token-file | --ca-file)
		COMPREPLY=($(compgen -f -- "$word"))
		compopt -o filenames 2>/dev/null
		return
		;;
	--junit)
		COMPREPLY=($(compgen -f -- "$word"))
		compopt -o filenames 2>/dev/null
		return
		;;
	--control | --savepoint | --data)
		COMPREPLY=($(compgen -d -S / -- "$word"))
		compopt -o nospace -o filenames 2>/dev/null
		return
		;;
	-e | -v | --port | --server | --user | --token | --table | --from | --into | --until | --key | --limit | --memory | --only | --shuffle | --batch | --jobs | --timeout | --operator | --state) return ;;
	*)
		if [[ $word == -* ]]; then
			words="-e -v --set --parallelism --plugin --help"
			[[ $command == run ]] && words="$words --result --format --quiet --restore --upgrade --from-savepoint --until --log-format --log-level"
			[[ $command == explain ]] && words="$words --format --analyze"
			[[ $command == check-upgrade ]] && words="-v --set --checkpoint --format --quiet --help"
			[[ $command == diff ]] && words="--key --input --header --format --limit --memory --quiet --help"
			case $command in
			jobs | status | why) words="--control --format $login --help" ;;
			savepoint) words="--control $login --help" ;;
			stop) words="--savepoint --drain --control $login --help" ;;
			esac
			[[ $command == sql ]] && words="$login -e -v --set --init --mode --format --history --timing --help"
			[[ $command == test ]] && words="--only --shuffle --crash --batch --parallelism --update --junit --jobs --timeout -v --set --help"
			[[ $command == serve ]] && words="--config --data --port --set --print-config --help"
			[[ $command == dlq ]] && words="--table --from --into --done --again --limit -v --set --format --quiet --help"
			[[ $command == state ]] && words="--operator --state --limit --format --quiet --help"
		else
			local only='!*.sql'
			[[ $command == diff ]] && only=""
			[[ $command == test ]] && only='!*.test'
			[[ $command == state ]] && only='!*.manifest'
			COMPREPLY=($(compgen -f -X "$only" -- "$word") $(compgen -d -S / -- "$word"))
			compopt -o nospace -o filenames 2>/dev/null
			return
		fi
		;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -F _weir weir
