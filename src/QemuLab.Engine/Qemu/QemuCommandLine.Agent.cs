using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Qemu;

public static partial class QemuCommandLine
{
    /// <summary>The port's id, by which QEMU tells that the agent has opened it.</summary>
    public const string AgentPort = "agent-port";

    /// <summary>The chardev behind the port.</summary>
    public const string AgentChardev = "agent";

    private static void AddAgent(QemuArguments arguments, MachinePlan plan)
    {
        if (!plan.Spec.GuestAgent)
        {
            return;
        }

        arguments
            .AddOption("-chardev", "socket", [("id", AgentChardev), ("path", plan.Directory.Agent), ("server", "on"), ("wait", "off")], "the host's end of the guest agent's port")
            .Add("-device", "virtio-serial-pci", "the bus of that port")
            .Add("-device", $"virtserialport,chardev={AgentChardev},id={AgentPort},name=org.qemu.guest_agent.0", "where the guest's qemu-guest-agent listens, if it has one");
    }
}
