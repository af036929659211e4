namespace QemuLab.Engine.Labs;
public static class LabPlanner;
