# fish completion for qemulab.
# In this shell:  qemulab completion fish | source
# From the next:  qemulab completion fish > ~/.config/fish/completions/qemulab.fish

function __qemulab_words
    set -l before (commandline -opc)
    set -l typed (commandline -ct)
    for line in (command $before[1] complete-words fish -- $before[2..-1] "$typed" 2>/dev/null </dev/null)
        switch $line
            case ':files'
                __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$typed")
            case ':folders'
                __fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$typed")
            case '*'
                echo $line
        end
    end
end

complete -c qemulab -f -a '(__qemulab_words)'
