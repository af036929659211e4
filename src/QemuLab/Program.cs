using System.CommandLine;
using QemuLab.Commands;

var root = new RootCommand("Launches labs of QEMU machines from one file.") { SwitchCommand.Create() };
return root.Parse(args).Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null });
