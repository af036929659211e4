namespace QemuLab.Engine.Hosts;
public static class HostProbe;
