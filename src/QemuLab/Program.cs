using System.CommandLine;
using QemuLab.Commands;
using QemuLab.Output;

// The only place that prints an error and picks an exit code.
var cli = new Cli(Terminal.OfProcess(), Environment.GetEnvironmentVariable);
try
{
    ParseResult parse = CommandTree.Create(cli, args.FirstOrDefault()).Parse(GuestArguments.Separate(args));
    CommandTree.ThrowIfWrong(parse);
    cli.Take(parse);
    // The daemon ends by its own host: System.CommandLine would kill it two seconds after SIGTERM.
    return parse.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (IOException closed) when (ClosedOutput.Is(closed))
{
    return 0;
}
catch (Exception error)
{
    string log = CrashLog.PathOf(cli);
    Failure failure = Failure.Of(error, log);
    foreach (string line in failure.Lines)
    {
        cli.Terminal.Error.WriteLine(line);
    }

    if (failure.ExitCode == Failure.Bug)
    {
        CrashLog.Write(log, error);
    }

    return failure.ExitCode;
}
